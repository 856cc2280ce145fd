;; Answers with a Server-Timing of its own making.
(module
  (import "http_handler" "add_header_value"
    (func $add_header_value (param i32 i32 i32 i32 i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "server-timing")    ;; 13 bytes
  (data (i32.const 16) "guest;dur=86400") ;; 15 bytes
  (data (i32.const 32) "SERVER-TIMING")   ;; 13 bytes

  (func (export "handle_request") (result i64)
    (call $add_header_value (i32.const 1)
      (i32.const 0) (i32.const 13) (i32.const 16) (i32.const 15))
    (call $add_header_value (i32.const 1)
      (i32.const 32) (i32.const 13) (i32.const 16) (i32.const 15))
    (call $write_body (i32.const 1) (i32.const 16) (i32.const 15))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
