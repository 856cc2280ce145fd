;; GET /grow: grows its table for ever. Anything else: answers "ok".
(module
  (import "http_handler" "get_uri" (func $get_uri (param i32 i32) (result i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (table $table 1 funcref)
  (data (i32.const 0) "ok\n")

  (func (export "handle_request") (result i64)
    (drop (call $get_uri (i32.const 16) (i32.const 1024)))
    (if (i32.eq (i32.load8_u (i32.const 17)) (i32.const 103)) ;; "g"
      (then
        (loop $again
          (drop (table.grow $table (ref.null func) (i32.const 1000)))
          (br $again))))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 3))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
