;; GET /throw: throws and catches for ever. GET /deep: throws from ever deeper. Anything else: "ok".
(module
  (import "http_handler" "get_uri" (func $get_uri (param i32 i32) (result i32)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))

  (memory (export "memory") 1)
  (tag $thrown (param i32))
  (data (i32.const 0) "ok\n")

  (func $descend (param $depth i32)
    (if (i32.eqz (local.get $depth)) (then (throw $thrown (i32.const 1))))
    (call $descend (i32.sub (local.get $depth) (i32.const 1))))

  (func $throw_forever (param $depth i32)
    (loop $again
      (try
        (do (call $descend (local.get $depth)))
        (catch $thrown (drop)))
      (br $again)))

  (func (export "handle_request") (result i64)
    (drop (call $get_uri (i32.const 16) (i32.const 1024)))
    (if (i32.eq (i32.load8_u (i32.const 17)) (i32.const 116)) ;; "t"
      (then (call $throw_forever (i32.const 0))))
    (if (i32.eq (i32.load8_u (i32.const 17)) (i32.const 100)) ;; "d"
      (then (call $throw_forever (i32.const 500))))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 3))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
