;; Counts its requests in a table, by filling one more element each time. Answers "table=N\n", N up to
;; 8: a pristine instance answers 1. A module that changes a table cannot be reset.
(module
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "table=0\n")
  (table $marks 8 funcref)
  (elem declare func $mark)

  (func $mark)

  (func (export "handle_request") (result i64)
    (local $used i32)
    (block $counted
      (loop $next
        (br_if $counted (i32.ge_u (local.get $used) (table.size $marks)))
        (br_if $counted (ref.is_null (table.get $marks (local.get $used))))
        (local.set $used (i32.add (local.get $used) (i32.const 1)))
        (br $next)))
    (if (i32.lt_u (local.get $used) (table.size $marks))
      (then
        (table.set $marks (local.get $used) (ref.func $mark))
        (local.set $used (i32.add (local.get $used) (i32.const 1)))))
    (i32.store8 (i32.const 6) (i32.add (i32.const 48) (local.get $used)))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 8))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
