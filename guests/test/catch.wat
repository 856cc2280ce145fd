;; Tries to catch its own end: whatever stops it while it reads its body, it catches, then fills its
;; memory and answers "escaped". A guest that the host has stopped must not get that far.
(module
  (import "http_handler" "read_body" (func $read_body (param i32 i32 i32) (result i64)))
  (import "http_handler" "write_body" (func $write_body (param i32 i32 i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  (memory (export "memory") 4)
  (data (i32.const 0) "escaped")

  (func (export "handle_request") (result i64)
    (try
      (do
        (loop $more
          (br_if $more
            (i64.eqz (i64.shr_u
              (call $read_body (i32.const 0) (i32.const 1024) (i32.const 1024)) (i64.const 32)))))
        (call $proc_exit (i32.const 3)))
      (catch_all
        (memory.fill (i32.const 4096) (i32.const 7) (i32.const 250000))))
    (call $write_body (i32.const 1) (i32.const 0) (i32.const 7))
    (i64.const 0))

  (func (export "handle_response") (param i32 i32)))
