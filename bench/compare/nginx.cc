#include "bench/compare/nginx.h"

#include <unistd.h>

#include "bench/compare/text.h"

namespace skiff::bench {

Nginx::Nginx(const Places& places, NginxSettings settings) {
  const std::string folder = (folder_ / "").string();
  // Its worker must get into our folder, which is ours alone.
  std::string text = ::geteuid() == 0 ? "user root;\n" : "";
  text +=
      "daemon off;\nmaster_process off;\npid FOLDERpid;\nerror_log FOLDERerror.log error;\n"
      "events { worker_connections " +
      std::to_string(settings.connections) +
      "; }\n"
      "http {\n"
      "  access_log off;\n  default_type text/plain;\n  sendfile on;\n  tcp_nopush on;\n"
      "  keepalive_requests 1000000000;\n"
      "  client_body_temp_path FOLDERbody;\n  proxy_temp_path FOLDERproxy;\n"
      "  fastcgi_temp_path FOLDERfastcgi;\n  uwsgi_temp_path FOLDERuwsgi;\n"
      "  scgi_temp_path FOLDERscgi;\n" +
      std::move(settings.servers) + "\n}\n";
  text = replaced(replaced(std::move(text), "PORT", "127.0.0.1:" + std::to_string(port_)), "FOLDER",
                  folder);
  writeFile(folder_ / "nginx.conf", text);
  run(places.nginx, {"-e", folder_ / "error.log", "-c", folder_ / "nginx.conf"},
      settings.processors);
}

NginxWorkers::NginxWorkers(const Places& places, int workers, const std::string& location) {
  const std::string shared = "127.0.0.1:" + std::to_string(port_) + " reuseport";
  for (int i = 0; i < workers; ++i) {
    // The port of its own tells when it is up: others may already answer at the shared one.
    workers_.push_back(std::make_unique<Nginx>(
        places,
        NginxSettings{.servers = "server { listen PORT; listen " + shared + "; " + location + " }",
                      .processors = {0, workers}}));
  }
}

std::vector<pid_t> NginxWorkers::ids() const {
  std::vector<pid_t> ids;
  for (const auto& worker : workers_) ids.push_back(worker->id());
  return ids;
}

}  // namespace skiff::bench
