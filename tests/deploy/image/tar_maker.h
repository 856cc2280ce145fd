#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace skiff::testing {

/// Writes tar archives by hand, header by header: also such as no archiver would.
class TarMaker {
 public:
  TarMaker& file(std::string_view path, std::string_view content, unsigned mode = 0644);
  TarMaker& folder(std::string_view path, unsigned mode = 0755);
  TarMaker& symbolicLink(std::string_view path, std::string_view target);
  TarMaker& hardLink(std::string_view path, std::string_view target);
  /// `type`: '3' a character device, '4' a block device, '6' a pipe.
  TarMaker& special(std::string_view path, char type);
  /// A record for the next entry, such as "path=…" (POSIX pax).
  TarMaker& pax(std::string_view key, std::string_view value);
  /// The header alone. `size` need not be that of what follows.
  TarMaker& header(std::string_view path, char type, std::uint64_t size, unsigned mode = 0644,
                   std::string_view target = "");
  TarMaker& bytes(std::string_view raw);
  /// To the next block of 512 bytes.
  TarMaker& pad();

  /// With the two empty blocks at the end.
  std::string tar() const { return tar_ + std::string(1024, '\0'); }
  std::string withoutEnd() const { return tar_; }

 private:
  std::string tar_;
  std::string records_;  ///< of the next entry
};

std::string gzip(std::string_view bytes);
/// `windowLog`: 0 for what zstd takes itself.
std::string zstd(std::string_view bytes, int windowLog = 0);

}  // namespace skiff::testing
