;; Counts its requests in memory and in a mutable global. Answers "memory=M global=G\n", each modulo
;; 10: a pristine instance answers 1 and 1.
(module
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 16) "memory=0 global=0\n")
  (global $count (mut i32) (i32.const 0))

  (func $digit (param $number i32) (result i32)
    (i32.add (i32.const 48) (i32.rem_u (local.get $number) (i32.const 10))))

  (func (export "handle_request") (result i64)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 23) (call $digit (i32.load (i32.const 0))))
    (i32.store8 (i32.const 32) (call $digit (global.get $count)))
    (call $write_body (i32.const 1) (i32.const 16) (i32.const 18))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
