#include "content_type.h"

#include <string.h>
#include <strings.h>

static const struct {
  const char* extension;
  struct content_type type;
} kTypes[] = {
    {"html", {"text/html; charset=utf-8", true}},
    {"htm", {"text/html; charset=utf-8", true}},
    {"css", {"text/css; charset=utf-8", true}},
    {"js", {"text/javascript; charset=utf-8", true}},
    {"mjs", {"text/javascript; charset=utf-8", true}},
    {"json", {"application/json", true}},
    {"map", {"application/json", true}},
    {"webmanifest", {"application/manifest+json", true}},
    {"xml", {"application/xml", true}},
    {"atom", {"application/atom+xml", true}},
    {"rss", {"application/rss+xml", true}},
    {"svg", {"image/svg+xml", true}},
    {"txt", {"text/plain; charset=utf-8", true}},
    {"md", {"text/markdown; charset=utf-8", true}},
    {"csv", {"text/csv; charset=utf-8", true}},
    {"wasm", {"application/wasm", true}},
    {"ico", {"image/x-icon", true}},
    {"png", {"image/png", false}},
    {"jpg", {"image/jpeg", false}},
    {"jpeg", {"image/jpeg", false}},
    {"gif", {"image/gif", false}},
    {"webp", {"image/webp", false}},
    {"avif", {"image/avif", false}},
    {"woff", {"font/woff", false}},
    {"woff2", {"font/woff2", false}},
    {"ttf", {"font/ttf", true}},
    {"otf", {"font/otf", true}},
    {"mp3", {"audio/mpeg", false}},
    {"ogg", {"audio/ogg", false}},
    {"mp4", {"video/mp4", false}},
    {"webm", {"video/webm", false}},
    {"pdf", {"application/pdf", false}},
    {"zip", {"application/zip", false}},
    {"gz", {"application/gzip", false}},
};

struct content_type content_type_of(const char* path) {
  const struct content_type unknown = {"application/octet-stream", false};
  const char* slash = strrchr(path, '/');
  const char* dot = strrchr(slash != NULL ? slash : path, '.');
  if (dot == NULL) return unknown;
  for (size_t i = 0; i < sizeof kTypes / sizeof kTypes[0]; ++i) {
    if (strcasecmp(dot + 1, kTypes[i].extension) == 0) return kTypes[i].type;
  }
  return unknown;
}
