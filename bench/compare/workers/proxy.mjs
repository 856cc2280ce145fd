// What guests/headers.c does: adds fields on the way to the origin and back.
export default {
  async fetch(request, env) {
    const headers = new Headers(request.headers);
    headers.set("x-guest", "skiff-headers");
    const answered = await env.ORIGIN.fetch(new Request(request, { headers }));
    const response = new Response(answered.body, answered);
    response.headers.set("x-served-through", "skiff");
    return response;
  },
};
