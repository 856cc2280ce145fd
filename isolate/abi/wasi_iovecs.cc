#include "isolate/abi/wasi_iovecs.h"

#include <algorithm>
#include <cstring>

namespace skiff::wasi {

std::optional<std::span<std::byte>> Iovecs::at(std::uint32_t index) {
  const std::uint64_t entry = std::uint64_t{address_} + std::uint64_t{index} * kIovecSize;
  if (entry > UINT32_MAX) return std::nullopt;
  const auto bytes = memory_.slice(static_cast<std::uint32_t>(entry), kIovecSize);
  if (!bytes) return std::nullopt;
  std::uint32_t address = 0;
  std::uint32_t size = 0;
  std::memcpy(&address, bytes->data(), sizeof address);
  std::memcpy(&size, bytes->data() + sizeof address, sizeof size);
  return memory_.slice(address, size);
}

Errno Iovecs::check() {
  if (count_ > kMaxCount) return Errno::inval;
  std::uint64_t total = 0;
  for (std::uint32_t index = 0; index < count_; ++index) {
    const auto buffer = at(index);
    if (!buffer) return Errno::fault;
    total += buffer->size();
  }
  return total > UINT32_MAX ? Errno::inval : Errno::success;
}

std::span<std::byte> Iovecs::current() {
  for (; index_ < count_; ++index_, offset_ = 0) {
    const auto buffer = at(index_);
    if (buffer && offset_ < buffer->size()) return buffer->subspan(offset_);
  }
  return {};
}

void Iovecs::skip(std::size_t bytes) {
  while (bytes > 0) {
    const std::size_t here = std::min(bytes, current().size());
    if (here == 0) return;
    advance(here);
    bytes -= here;
  }
}

std::size_t Iovecs::gather(std::span<std::byte> buffer) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const auto from = current();
    if (from.empty()) break;
    const std::size_t size = std::min(from.size(), buffer.size() - done);
    std::memcpy(buffer.data() + done, from.data(), size);
    advance(size);
    done += size;
  }
  return done;
}

void Iovecs::scatter(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto into = current();
    if (into.empty()) return;
    const std::size_t size = std::min(into.size(), bytes.size());
    std::memcpy(into.data(), bytes.data(), size);
    advance(size);
    bytes = bytes.subspan(size);
  }
}

}  // namespace skiff::wasi
