// One instance of the guest answers all requests: nothing is reset between them.
import module from "guest.wasm";
import { Handler, answer } from "http_handler.mjs";

const handler = new Handler(module);

export default { fetch: (request) => answer(handler, request) };
