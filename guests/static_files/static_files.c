/* Serves the files of the tree that the app is granted as "/", to GET and HEAD: content types by
 * name, validators and conditional requests, single ranges, index.html for folders, compressed
 * twins (page.html.gz beside page.html), and the site's own /404.html if it has one. What begins
 * with a dot is not served. The app's `config`, if there is one, is the answers' Cache-Control. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "accept_encoding.h"
#include "byte_range.h"
#include "conditions.h"
#include "content_type.h"
#include "http_date.h"
#include "http_field.h"
#include "site_file.h"
#include "site_path.h"

enum { kMaxTarget = 2 * kMaxSitePath };

static const char kIndex[] = "index.html";
static const char kNotFoundPage[] = "/404.html";

static bool method_is(const char* method) {
  char asked[8];
  const uint32_t length = http_get_method(asked, sizeof asked);
  return length == strlen(method) && memcmp(asked, method, length) == 0;
}

static void set_number(const char* name, const char* format, uint64_t first, uint64_t second,
                       uint64_t third) {
  char value[96];
  snprintf(value, sizeof value, format, (unsigned long long)first, (unsigned long long)second,
           (unsigned long long)third);
  http_response_field(name, value);
}

static void answer_page(uint32_t status, const char* text) {
  http_set_status_code(status);
  http_response_field("content-type", "text/html; charset=utf-8");
  http_write_text("<!doctype html>\n<title>");
  http_write_text(text);
  http_write_text("</title>\n<h1>");
  http_write_text(text);
  http_write_text("</h1>\n");
}

static void answer_not_found(void) {
  struct site_file page;
  if (open_site_file(kNotFoundPage, &page) != SITE_FILE) {
    answer_page(404, "404 Not Found");
    return;
  }
  http_set_status_code(404);
  http_response_field("content-type", content_type_of(kNotFoundPage).text);
  set_number("content-length", "%llu", page.size, 0, 0);
  if (page.size > 0) send_site_file(&page, 0, page.size - 1);
  close(page.descriptor);
}

/* No cache may keep this: the next request may well succeed. */
static void answer_unavailable(void) {
  http_response_field("retry-after", "1");
  http_response_field("cache-control", "no-store");
  answer_page(503, "503 Service Unavailable");
}

/* A folder is asked for with "/" at its end, so that relative links in its page lead into it. */
static void redirect_to_folder(struct site_path* path, const char* target, uint32_t length) {
  char location[3 * kMaxSitePath + kMaxTarget];
  encode_site_path(path, location);
  strcat(location, "/");
  const char* query = memchr(target, '?', length);
  if (query != NULL) strncat(location, query, length - (size_t)(query - target));
  http_response_field("location", location);
  answer_page(301, "301 Moved Permanently");
}

/* What an answer says of the file, also if it is 304. */
static void describe(const struct site_file* file, bool varies) {
  char modified[kHttpDateSize], cache_control[256];
  write_http_date(file->validators.modified, modified);
  http_response_field("last-modified", modified);
  http_response_field("etag", file->validators.etag);
  if (varies) http_response_field("vary", "Accept-Encoding");
  const uint32_t length = http_get_config(cache_control, sizeof cache_control);
  if (length > 0 && length <= sizeof cache_control) {
    http_set_header_value(HTTP_RESPONSE_HEADERS, "cache-control", HTTP_LENGTH("cache-control"),
                          cache_control, length);
  }
}

/* The part of the file that is asked for; Range is defined for GET alone. */
static struct byte_range range_of(const struct site_file* file) {
  char value[128];
  const struct byte_range whole = {RANGE_WHOLE, 0, 0};
  if (http_request_field("range", value, sizeof value) <= 0 || !method_is("GET")) return whole;
  return if_range_holds(&file->validators) ? read_byte_range(value, file->size) : whole;
}

static void answer_bytes(const struct site_file* file, struct byte_range range) {
  if (range.kind == RANGE_PART) {
    http_set_status_code(206);
    set_number("content-range", "bytes %llu-%llu/%llu", range.first, range.last, file->size);
  } else {
    range.first = 0;
    range.last = file->size - 1;
  }
  const uint64_t size = file->size > 0 ? range.last - range.first + 1 : 0;
  set_number("content-length", "%llu", size, 0, 0);
  if (size > 0 && !method_is("HEAD")) send_site_file(file, range.first, range.last);
}

static void answer_file(const struct site_path* path, struct site_file* file) {
  const struct content_type type = content_type_of(path->text);
  char accepted[256];
  const bool is_gzip = type.is_compressible &&
                       http_request_field("accept-encoding", accepted, sizeof accepted) > 0 &&
                       allows_gzip(accepted) && prefer_compressed(path, file);
  const enum condition condition = check_conditions(&file->validators);
  if (condition == CONDITION_FAILED) {
    answer_page(412, "412 Precondition Failed");
    return;
  }
  const struct byte_range range = range_of(file);
  if (condition == CONDITION_PASSED && range.kind == RANGE_UNSATISFIABLE) {
    set_number("content-range", "bytes */%llu", file->size, 0, 0);
    answer_page(416, "416 Range Not Satisfiable");
    return;
  }
  describe(file, type.is_compressible);
  if (condition == CONDITION_NOT_MODIFIED) {
    http_set_status_code(304);
    return;
  }
  http_response_field("content-type", type.text);
  http_response_field("x-content-type-options", "nosniff");
  http_response_field("accept-ranges", "bytes");
  if (is_gzip) http_response_field("content-encoding", "gzip");
  answer_bytes(file, range);
}

HTTP_HANDLE_REQUEST {
  static char target[kMaxTarget];
  struct site_path path;
  struct site_file file;
  if (!method_is("GET") && !method_is("HEAD")) {
    http_response_field("allow", "GET, HEAD");
    answer_page(405, "405 Method Not Allowed");
    return HTTP_DONE;
  }
  const uint32_t length = http_get_uri(target, sizeof target);
  if (length > sizeof target) {
    answer_page(414, "414 URI Too Long");
    return HTTP_DONE;
  }
  if (!read_site_path(target, length, &path) || path.length + sizeof kIndex > kMaxSitePath) {
    answer_not_found();
    return HTTP_DONE;
  }
  if (path.is_folder) {
    memcpy(path.text + path.length, kIndex, sizeof kIndex);
    path.length += sizeof kIndex - 1;
  }
  switch (open_site_file(path.text, &file)) {
    case SITE_FILE:
      answer_file(&path, &file);
      close(file.descriptor);
      break;
    case SITE_FOLDER:
      if (!path.is_folder) {
        redirect_to_folder(&path, target, length);
        break;
      }
      answer_not_found();  // its index.html is a folder itself
      break;
    case SITE_NOTHING:
      answer_not_found();
      break;
    case SITE_UNAVAILABLE:
      answer_unavailable();
      break;
  }
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
