// What a client sends before its handshake is done, over a socket: however it is cut, it comes to
// the same end and names the same host, and nothing but a host. The first byte chooses the pieces,
// and whether the client ends its side; the rest is sent.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "config/host_pattern.h"
#include "server/tls/certificate_table.h"
#include "server/tls/tls_session.h"
#include "tests/server/tls/test_certificate.h"
#include "tests/temporary_directory.h"

namespace {

using skiff::CertificateTable;
using skiff::HandshakeOutcome;
using skiff::TlsServer;
using skiff::TlsSession;
using skiff::testing::TemporaryDirectory;
using skiff::testing::TestCertificate;
using Progress = TlsSession::Progress;

/// More than a handshake may have, and less than a socket takes.
constexpr std::size_t kLargest = 64 << 10;

void require(bool condition) {
  if (!condition) std::abort();
}

TlsServer& server() {
  static TlsServer kServer([] {
    const TemporaryDirectory folder;
    const std::vector<skiff::CertificateConfig> configs{
        TestCertificate::make({"first", "DNS:first.test"}).write(folder.path(), "first"),
        TestCertificate::make({"wild", "DNS:*.wild.test"}).write(folder.path(), "wild")};
    const auto loaded = CertificateTable::load(configs);
    require(loaded.has_value());
    return loaded->table;
  }());
  return kServer;
}

struct Result {
  Progress progress = Progress::needsBytes;
  HandshakeOutcome outcome = HandshakeOutcome::timeout;
  std::string host;

  bool operator==(const Result&) const = default;
};

Result shakeHands(std::string_view bytes, std::size_t piece, bool ends) {
  int sockets[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets) == 0);
  Result result;
  {
    TlsSession session(server(), sockets[0]);
    const auto goOn = [&] {
      if (result.progress == Progress::needsBytes) result.progress = session.handshake();
      result.host += session.takeHostName();
    };
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
      const std::string_view part = bytes.substr(0, piece);
      require(::send(sockets[1], part.data(), part.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(part.size()));
      goOn();
    }
    if (ends) {
      ::shutdown(sockets[1], SHUT_WR);
      goOn();
    }
    if (result.progress == Progress::failed) result.outcome = session.outcome();
  }
  for (const int socket : sockets) ::close(socket);
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > kLargest) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const bool ends = (data[0] & 1) != 0;
  const std::size_t piece = std::max<std::size_t>(1 + (data[0] >> 1), bytes.size() / 64);
  const Result whole = shakeHands(bytes, kLargest, ends);
  require(whole == shakeHands(bytes, piece, ends));
  require(whole.progress != Progress::done && "without having seen our keys");
  if (ends) require(whole.progress == Progress::failed);
  if (whole.host.empty()) return 0;
  const auto host = skiff::parseHostPattern(whole.host);
  require(host.has_value() && *host == whole.host && whole.host.front() != '*');
  return 0;
}
