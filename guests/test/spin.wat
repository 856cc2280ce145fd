;; Never answers: an endless loop.
(module
  (memory (export "memory") 1)
  (func (export "handle_request") (result i64)
    (loop $again (br $again))
    (unreachable))
  (func (export "handle_response") (param i32 i32)))
