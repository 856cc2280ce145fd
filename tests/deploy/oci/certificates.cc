#include "tests/deploy/oci/certificates.h"

#include <stdexcept>

#include "tests/e2e/process.h"

namespace skiff::testing {

std::string outputOf(const std::string& program, const std::vector<std::string>& arguments) {
  e2e::Process process(program, arguments);
  const auto ending = process.wait();
  if (ending == e2e::Ending{}) return process.text(e2e::Process::Stream::output);
  throw std::runtime_error(program + ": " + process.text(e2e::Process::Stream::error));
}

Certificates::Certificates(const std::string& subject) {
  constexpr const char* kOpenssl = "/usr/bin/openssl";
  outputOf(kOpenssl,
           {"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=skiff test authority", "-keyout", caKey().string(), "-out", ca().string()});
  outputOf(kOpenssl, {"req",
                      "-x509",
                      "-newkey",
                      "rsa:2048",
                      "-nodes",
                      "-days",
                      "2",
                      "-subj",
                      "/CN=server",
                      "-addext",
                      "subjectAltName=" + subject,
                      "-addext",
                      "basicConstraints=critical,CA:FALSE",
                      "-CA",
                      ca().string(),
                      "-CAkey",
                      caKey().string(),
                      "-keyout",
                      key().string(),
                      "-out",
                      certificate().string()});
}

}  // namespace skiff::testing
