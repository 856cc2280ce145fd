#include "exif.h"

#include <stdbool.h>
#include <string.h>

/* A TIFF structure; every read is checked against `size`. */
struct tiff {
  const uint8_t* bytes;
  size_t size;
  bool little_endian;
};

/* A number of `count` bytes (2 or 4); 0 beyond the end. */
static uint32_t number_at(const struct tiff* tiff, size_t at, size_t count) {
  if (at > tiff->size || tiff->size - at < count) return 0;
  uint32_t number = 0;
  for (size_t i = 0; i < count; ++i) {
    number = number << 8 | tiff->bytes[at + (tiff->little_endian ? count - 1 - i : i)];
  }
  return number;
}

static int orientation_of(struct tiff tiff) {
  enum { kOrientation = 0x0112, kShort = 3, kEntrySize = 12 };
  if (tiff.size < 8) return 1;
  tiff.little_endian = tiff.bytes[0] == 'I';
  const size_t directory = number_at(&tiff, 4, 4);
  const size_t count = number_at(&tiff, directory, 2);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = directory + 2 + i * kEntrySize;
    if (entry >= tiff.size) return 1;
    if (number_at(&tiff, entry, 2) != kOrientation) continue;
    const uint32_t value = number_at(&tiff, entry + 8, 2);
    const bool valid = number_at(&tiff, entry + 2, 2) == kShort && value >= 1 && value <= 8;
    return valid ? (int)value : 1;
  }
  return 1;
}

int exif_orientation(const uint8_t* jpeg, size_t size) {
  enum { kApp1 = 0xe1, kStartOfScan = 0xda };
  static const char kExif[6] = "Exif\0";
  // Segments: 0xff, a marker, and a length that includes its own two bytes.
  size_t at = 2;
  while (size - at >= 4 && jpeg[at] == 0xff && jpeg[at + 1] != kStartOfScan) {
    const size_t length = (size_t)jpeg[at + 2] << 8 | jpeg[at + 3];
    if (length < 2 || size - at - 2 < length) return 1;
    const uint8_t* data = jpeg + at + 4;
    if (jpeg[at + 1] == kApp1 && length - 2 > sizeof kExif &&
        memcmp(data, kExif, sizeof kExif) == 0) {
      return orientation_of((struct tiff){data + sizeof kExif, length - 2 - sizeof kExif, false});
    }
    at += 2 + length;
  }
  return 1;
}
