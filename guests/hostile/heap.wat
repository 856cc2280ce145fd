;; GET /fill: fills the engine's heap with exceptions that wait to be thrown on. Anything else: "ok".
(module
  (import "http_handler" "get_uri" (func $get_uri (param i32 i32) (result i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  ;; A hundred values, for which the engine makes an object of some kilobytes.
  (tag $large (param
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))
  (data (i32.const 0) "ok\n")

  (func $throw (param $value i64)
    (throw $large
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)
      (local.get $value) (local.get $value) (local.get $value) (local.get $value) (local.get $value)))

  (func $fill
    (try
      (do (call $throw (i64.const 1)))
      (catch_all
        (call $fill)
        (rethrow 0))))

  (func (export "handle_request") (result i64)
    (drop (call $get_uri (i32.const 16) (i32.const 1024)))
    (if (i32.eq (i32.load8_u (i32.const 17)) (i32.const 102)) ;; "f"
      (then (call $fill)))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 3))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
