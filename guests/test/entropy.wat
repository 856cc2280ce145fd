;; Draws 16 random bytes while it initialises, sets a global to "A", and answers both: a module whose
;; image may not be shared.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))
  (memory (export "memory") 1)
  (global $seeded (mut i32) (i32.const 0))
  (func $start
    (drop (call $random (i32.const 0) (i32.const 16)))
    (global.set $seeded (i32.const 65)))
  (start $start)
  (func (export "handle_request") (result i64)
    (i32.store8 (i32.const 16) (global.get $seeded))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 17))
    (i64.const 0))
  (func (export "handle_response") (param i32 i32)))
