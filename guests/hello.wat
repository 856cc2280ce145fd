;; The smallest useful handler: a constant answer of 15 bytes. What the benchmarks compare with.
(module
  (import "http_handler" "set_header_value"
    (func $set_header_value (param i32 i32 i32 i32 i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "content-type")    ;; 12 bytes
  (data (i32.const 16) "text/plain")     ;; 10 bytes
  (data (i32.const 32) "Hello from wasm") ;; 15 bytes

  (func (export "handle_request") (result i64)
    (call $set_header_value (i32.const 1)
      (i32.const 0) (i32.const 12) (i32.const 16) (i32.const 10))
    (call $write_body (i32.const 1) (i32.const 32) (i32.const 15))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
