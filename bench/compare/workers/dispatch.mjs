// Hands each request to the worker of the host it is for: workerd itself has no routes.
export default {
  fetch(request, env) {
    const host = request.headers.get("host");
    return env[host.slice(0, host.indexOf("."))].fetch(request);
  },
};
