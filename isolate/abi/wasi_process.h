#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "isolate/abi/string_block.h"
#include "isolate/exchange.h"
#include "isolate/files/wasi_types.h"

namespace skiff {

/// What a WASI program's process is connected to: standard input, standard output and environment.
/// The CGI ABI connects them to the request; without a connection input is at its end, output goes
/// to the app's log and the environment is what the app was granted. Nothing here blocks.
class WasiProcess {
 public:
  /// Takes input that is there. If nothing is there yet: wouldBlock, and what to wait for is
  /// kWaitRequestBody.
  virtual BodyRead readInput(std::span<std::byte> into) = 0;
  /// How many bytes readInput() is known to give at least, 0 at the end; nothing if it would block.
  virtual std::optional<std::size_t> inputReady() = 0;
  /// Takes as many bytes as there is room for; 0 if it would block, and what to wait for is
  /// kWaitResponseRoom. Nothing if no output is taken any more: the program is to end.
  virtual std::optional<std::size_t> writeOutput(std::span<const std::byte> bytes) = 0;
  /// The program is about to wait: what it has written should not wait with it.
  virtual void flushOutput() = 0;
  virtual StringBlock makeEnvironment() = 0;
  /// Standard error, if it does not go to the app's log: as writeOutput().
  virtual bool takesErrors() const { return false; }
  virtual std::optional<std::size_t> writeErrors(std::span<const std::byte> bytes) {
    return bytes.size();
  }
  /// What the standard stream of that number (0 to 2) is: programs write lines to a terminal
  /// (characterDevice) at once.
  virtual wasi::FileType streamType(std::uint32_t) const { return wasi::FileType::unknown; }

 protected:
  ~WasiProcess() = default;
};

}  // namespace skiff
