#include "site_path.h"

#include <string.h>

#include "http_url.h"

static bool is_forbidden(char byte) {
  return (unsigned char)byte < 0x20 || byte == 0x7f || byte == '\\';
}

bool read_site_path(const char* target, uint32_t length, struct site_path* path) {
  char decoded[kMaxSitePath];
  const char* query = memchr(target, '?', length);
  if (query != NULL) length = (uint32_t)(query - target);
  if (length == 0 || target[0] != '/' || length >= kMaxSitePath) return false;
  const int32_t size = http_percent_decode(target, length, decoded, HTTP_PLUS_IS_PLUS);
  if (size < 0) return false;

  // Segments are looked at after decoding, so that %2e and %2f are what they stand for.
  path->length = 0;
  path->is_folder = true;
  for (int32_t i = 0; i < size; ++i) {
    const char byte = decoded[i];
    if (is_forbidden(byte) || (path->is_folder && byte == '.')) return false;
    const bool is_slash = byte == '/';
    if (is_slash && path->is_folder && path->length > 0) continue;  // "//" is "/"
    path->text[path->length++] = byte;
    path->is_folder = is_slash;
  }
  path->text[path->length] = '\0';
  return true;
}

void encode_site_path(const struct site_path* path, char* out) {
  static const char kDigits[] = "0123456789ABCDEF";
  for (uint32_t i = 0; i < path->length; ++i) {
    const unsigned char byte = (unsigned char)path->text[i];
    const bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                          (byte >= '0' && byte <= '9') || strchr("/-._~", byte) != NULL;
    if (is_plain) {
      *out++ = (char)byte;
    } else {
      *out++ = '%';
      *out++ = kDigits[byte >> 4];
      *out++ = kDigits[byte & 15];
    }
  }
  *out = '\0';
}
