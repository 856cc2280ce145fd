// One tenant of many: answers with the text that it was given.
export default {
  fetch: (request, env) => new Response(env.ANSWER, { headers: { "content-type": "text/plain" } }),
};
