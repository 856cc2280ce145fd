#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "isolate/abi/cgi_response.h"
#include "isolate/abi/wasi_process.h"
#include "isolate/host_context.h"

namespace skiff {

/// A CGI program's connection to its request: the request's body is its standard input, and its
/// standard output becomes the answer. REQUIRES: the context has an exchange.
class CgiState final : public HostState, public WasiProcess {
 public:
  static constexpr HostStateSlot kSlot = HostStateSlot::cgi;

  explicit CgiState(HostContext& context)
      : settings_(context.settings()), exchange_(*context.exchange()) {}

  BodyRead readInput(std::span<std::byte> into) override;
  std::optional<std::size_t> inputReady() override;
  std::optional<std::size_t> writeOutput(std::span<const std::byte> bytes) override;
  void flushOutput() override;
  StringBlock makeEnvironment() override;

  /// The program has printed all it will. Why its answer cannot be sent as complete: one line,
  /// static; empty if it can.
  std::string_view endOutput();
  /// Why no output is taken any more: one line, static; empty if it is taken.
  std::string_view error() const { return error_; }
  /// Where in the answer, from 1, the error is; 0 if it is in no header line.
  std::size_t errorLine() const;

 private:
  std::optional<std::size_t> writeBody(std::span<const std::byte> bytes);

  const GuestSettings& settings_;
  Exchange& exchange_;
  CgiResponse response_;
  std::string_view error_;
  std::uint64_t bodySize_ = 0;
  /// Input that was read to find out whether there is any.
  std::array<std::byte, 256> ahead_;
  std::span<std::byte> aheadLeft_;
};

}  // namespace skiff
