;; Overflows its stack.
(module
  (memory (export "memory") 1)
  (func $deeper (param $depth i32) (result i32)
    (i32.add (i32.const 1) (call $deeper (i32.add (local.get $depth) (i32.const 1)))))
  (func (export "handle_request") (result i64)
    (i64.extend_i32_u (call $deeper (i32.const 0))))
  (func (export "handle_response") (param i32 i32)))
