// Sends the request's body back as it arrives.
export default {
  fetch: (request) =>
    new Response(request.body, { headers: { "content-type": "application/octet-stream" } }),
};
