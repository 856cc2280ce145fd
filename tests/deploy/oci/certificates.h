#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/temporary_directory.h"

namespace skiff::testing {

/// An authority of its own (`ca.pem`) and a server's certificate of it, for one host, made with
/// openssl; gone with the object.
class Certificates {
 public:
  /// `subject`: "IP:127.0.0.1" or "DNS:name".
  explicit Certificates(const std::string& subject);

  std::filesystem::path ca() const { return folder_.path() / "ca.pem"; }
  std::filesystem::path caKey() const { return folder_.path() / "ca.key"; }
  std::filesystem::path certificate() const { return folder_.path() / "server.pem"; }
  std::filesystem::path key() const { return folder_.path() / "server.key"; }

 private:
  TemporaryDirectory folder_;
};

/// Runs a program to its end and gives its output; throws if it fails.
std::string outputOf(const std::string& program, const std::vector<std::string>& arguments);

}  // namespace skiff::testing
