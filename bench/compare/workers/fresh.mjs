// Each request gets an instance of the guest of its own.
import module from "guest.wasm";
import { Handler, answer } from "http_handler.mjs";

export default { fetch: (request) => answer(new Handler(module), request) };
