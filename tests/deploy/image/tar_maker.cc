#include "tests/deploy/image/tar_maker.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace skiff::testing {
namespace {

constexpr std::size_t kBlock = 512;

/// In octal, or, where that is too short, in base 256 as GNU does.
void putNumber(char* field, std::size_t size, std::uint64_t number) {
  if (number < (std::uint64_t{1} << (3 * (size - 1)))) {
    std::snprintf(field, size, "%0*llo", static_cast<int>(size - 1),
                  static_cast<unsigned long long>(number));
    return;
  }
  for (std::size_t i = size; i-- > 1; number >>= 8) field[i] = static_cast<char>(number & 0xFF);
  field[0] = static_cast<char>(0x80);
}

}  // namespace

TarMaker& TarMaker::header(std::string_view path, char type, std::uint64_t size, unsigned mode,
                           std::string_view target) {
  if (!records_.empty()) {
    const std::string records = std::exchange(records_, "");
    header("pax", 'x', records.size()).bytes(records).pad();
  }
  if (path.size() > 100 || target.size() > 100) {
    // GNU's entries for long names come before.
    for (const auto& [kind, text] : {std::pair('L', path), std::pair('K', target)}) {
      if (text.size() <= 100) continue;
      header("././@LongLink", kind, text.size() + 1);
      bytes(text).bytes(std::string_view("\0", 1)).pad();
    }
  }
  std::array<char, kBlock> block{};
  std::memcpy(&block[0], path.data(), std::min<std::size_t>(path.size(), 100));
  putNumber(&block[100], 8, mode);
  putNumber(&block[108], 8, 1000);
  putNumber(&block[116], 8, 1000);
  putNumber(&block[124], 12, size);
  putNumber(&block[136], 12, 1'000'000'000);
  block[156] = type;
  std::memcpy(&block[157], target.data(), std::min<std::size_t>(target.size(), 100));
  std::memcpy(&block[257], "ustar\00000", 8);
  std::memset(&block[148], ' ', 8);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  std::snprintf(&block[148], 8, "%06o", sum);
  tar_.append(block.data(), block.size());
  return *this;
}

TarMaker& TarMaker::bytes(std::string_view raw) {
  tar_ += raw;
  return *this;
}

TarMaker& TarMaker::pad() {
  tar_.append((kBlock - tar_.size() % kBlock) % kBlock, '\0');
  return *this;
}

TarMaker& TarMaker::file(std::string_view path, std::string_view content, unsigned mode) {
  return header(path, '0', content.size(), mode).bytes(content).pad();
}

TarMaker& TarMaker::folder(std::string_view path, unsigned mode) {
  return header(path, '5', 0, mode);
}

TarMaker& TarMaker::symbolicLink(std::string_view path, std::string_view target) {
  return header(path, '2', 0, 0777, target);
}

TarMaker& TarMaker::hardLink(std::string_view path, std::string_view target) {
  return header(path, '1', 0, 0644, target);
}

TarMaker& TarMaker::special(std::string_view path, char type) {
  return header(path, type, 0);
}

TarMaker& TarMaker::pax(std::string_view key, std::string_view value) {
  // The record's length counts its own digits.
  const std::size_t rest = key.size() + value.size() + 3;
  std::size_t length = rest + 1;
  while (length != rest + std::to_string(length).size()) {
    length = rest + std::to_string(length).size();
  }
  records_ += std::to_string(length) + ' ';
  records_.append(key).append("=").append(value).append("\n");
  return *this;
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error("zlib failed");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) throw std::runtime_error("zlib failed");
  return out;
}

std::string zstd(std::string_view bytes, int windowLog) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  if (windowLog != 0) {
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, windowLog);
    // Or the window would be as small as the content.
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  }
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  ZSTD_outBuffer into{out.data(), out.size(), 0};
  // In two steps: in one, zstd knows the size and takes a window to fit.
  const std::size_t fed = ZSTD_compressStream2(context, &into, &in, ZSTD_e_continue);
  const std::size_t left =
      ZSTD_isError(fed) ? fed : ZSTD_compressStream2(context, &into, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  if (left != 0) throw std::runtime_error("zstd failed");
  out.resize(into.pos);
  return out;
}

}  // namespace skiff::testing
