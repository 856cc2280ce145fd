// The constant answer in JavaScript.
export default {
  fetch: () => new Response("Hello from wasm", { headers: { "content-type": "text/plain" } }),
};
