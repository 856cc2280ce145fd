#pragma once

#include <string>
#include <utility>
#include <vector>

#include "isolate/abi/wasi_process.h"
#include "isolate/host_context.h"

namespace skiff {

/// Connects a WASI program to the standard streams of the process that runs it, byte for byte. Its
/// waits block the calling thread, which is to be the program's own.
class StandardProcess final : public WasiProcess, public BlockingWait {
 public:
  using Variables = std::vector<std::pair<std::string, std::string>>;

  /// REQUIRES: `environment` outlives it and holds no NUL.
  explicit StandardProcess(const Variables& environment) : environment_(environment) {}

  BodyRead readInput(std::span<std::byte> into) override;
  std::optional<std::size_t> inputReady() override;
  std::optional<std::size_t> writeOutput(std::span<const std::byte> bytes) override;
  void flushOutput() override {}
  StringBlock makeEnvironment() override;
  bool takesErrors() const override { return true; }
  std::optional<std::size_t> writeErrors(std::span<const std::byte> bytes) override;
  wasi::FileType streamType(std::uint32_t number) const override;

  void block(std::uint8_t what, std::chrono::steady_clock::time_point until) override;

 private:
  const Variables& environment_;
};

}  // namespace skiff
