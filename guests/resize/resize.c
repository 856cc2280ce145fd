/* Makes pictures smaller: POST a JPEG or PNG to /?w=320&h=200, and get it fitted into that box, its
 * proportions kept. Either side may be left out; nothing is enlarged. The answer is what `format`
 * (jpeg or png) says, else what Accept names, else what was sent; `quality` is 1 to 100. */
#include <stdlib.h>
#include <string.h>

#include "exif.h"
#include "http_field.h"
#include "http_url.h"
#include "image.h"

enum { kMaxBody = 8 * 1024 * 1024, kMaxQuery = 512, kDefaultQuality = 85 };

struct options {
  int width, height; /* of the box */
  int quality;
  bool has_format;
  enum image_format format;
};

static uint8_t body[kMaxBody];
static char query[kMaxQuery];

/* The query's number `name`, `otherwise` if it is not there. False if it is not one of 1 to `most`.
 */
static bool read_number(const char* name, int most, int otherwise, int* number) {
  char text[16];
  *number = otherwise;
  const int32_t length = http_query_value(query, name, text, sizeof text);
  if (length < 0) return length == HTTP_URL_ABSENT;
  char* end;
  const long value = strtol(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 1 || value > most) return false;
  *number = (int)value;
  return true;
}

static bool read_format(struct options* options) {
  char text[64];
  options->has_format = true;
  if (http_query_value(query, "format", text, sizeof text) != HTTP_URL_ABSENT) {
    options->format = strcmp(text, "png") == 0 ? IMAGE_PNG : IMAGE_JPEG;
    return strcmp(text, "png") == 0 || strcmp(text, "jpeg") == 0 || strcmp(text, "jpg") == 0;
  }
  char accept[512];
  http_request_field("accept", accept, sizeof accept);
  const bool png = strstr(accept, "image/png") != NULL;
  const bool jpeg = strstr(accept, "image/jpeg") != NULL;
  options->has_format = png != jpeg;
  options->format = png ? IMAGE_PNG : IMAGE_JPEG;
  return true;
}

/* False if the request was answered: something in it is wrong. */
static bool read_options(struct options* options) {
  static char target[kMaxQuery];
  const uint32_t length = http_get_uri(target, sizeof target - 1);
  if (length > sizeof target - 1) {
    http_answer_problem(414, "URI Too Long", "the target may have 511 bytes");
    return false;
  }
  target[length] = '\0';
  const char* mark = strchr(target, '?');
  if (mark != NULL) strcpy(query, mark + 1);

  if (!read_number("w", kMaxEdge, kMaxEdge, &options->width) ||
      !read_number("h", kMaxEdge, kMaxEdge, &options->height)) {
    http_answer_problem(400, "Bad Request", "w and h are whole numbers of pixels, 1 to 8192");
    return false;
  }
  if (!read_number("quality", 100, kDefaultQuality, &options->quality)) {
    http_answer_problem(400, "Bad Request", "quality is a whole number, 1 to 100");
    return false;
  }
  if (!read_format(options)) {
    http_answer_problem(400, "Bad Request", "format is jpeg or png");
    return false;
  }
  return true;
}

/* The body's size; more than kMaxBody if it is larger. */
static size_t read_body(void) {
  size_t size = 0;
  for (;;) {
    char beyond;
    const bool is_full = size == kMaxBody;
    const uint64_t part =
        is_full ? http_read_body(HTTP_REQUEST_BODY, &beyond, 1)
                : http_read_body(HTTP_REQUEST_BODY, body + size, (uint32_t)(kMaxBody - size));
    size += http_low(part);
    if (http_high(part) != 0 || size > kMaxBody) return size;
  }
}

/* The largest sides of that proportion within the box, and not beyond the picture's own. */
static void fit(const struct image* image, const struct options* options, int* width, int* height) {
  *width = image->width;
  *height = image->height;
  if (*width > options->width) {
    *height = (int)(((int64_t)*height * options->width + *width / 2) / *width);
    *width = options->width;
  }
  if (*height > options->height) {
    *width = (int)(((int64_t)*width * options->height + *height / 2) / *height);
    *height = options->height;
  }
  if (*width < 1) *width = 1;
  if (*height < 1) *height = 1;
}

/* Gathers what the encoders write byte by byte. */
static struct {
  uint8_t bytes[16 * 1024];
  uint32_t size;
} gathered;

static void flush(void) {
  http_write_body(HTTP_RESPONSE_BODY, gathered.bytes, gathered.size);
  gathered.size = 0;
}

static void gather(void* context, void* bytes, int size) {
  (void)context;
  for (uint32_t left = (uint32_t)size; left > 0;) {
    const uint32_t room = sizeof gathered.bytes - gathered.size;
    const uint32_t part = left < room ? left : room;
    memcpy(gathered.bytes + gathered.size, (uint8_t*)bytes + ((uint32_t)size - left), part);
    gathered.size += part;
    left -= part;
    if (gathered.size == sizeof gathered.bytes) flush();
  }
}

static void answer_too_large(void) {
  http_answer_problem(413, "Content Too Large",
                      "a picture may have 8 MiB, 8 million pixels, and sides of 8192 pixels");
}

static void answer_fault(enum image_fault fault) {
  if (fault == IMAGE_UNKNOWN) {
    http_answer_problem(415, "Unsupported Media Type", "the body is neither a JPEG nor a PNG");
  } else if (fault == IMAGE_TOO_LARGE) {
    answer_too_large();
  } else {
    http_answer_problem(422, "Unprocessable Content", "the picture is broken");
  }
}

static void answer_resized(const uint8_t* bytes, size_t size, struct options* options) {
  struct image image;
  enum image_format sent;
  const enum image_fault fault = read_image(bytes, size, &image, &sent);
  if (fault != IMAGE_OK) {
    answer_fault(fault);
    return;
  }
  const int orientation = sent == IMAGE_JPEG ? exif_orientation(bytes, size) : 1;
  if (orientation >= 5) {  // the box is meant for the picture as it is looked at
    const int width = options->width;
    options->width = options->height;
    options->height = width;
  }
  int width, height;
  fit(&image, options, &width, &height);
  const enum image_format format = options->has_format ? options->format : sent;
  http_response_field("content-type", format == IMAGE_PNG ? "image/png" : "image/jpeg");
  http_response_field("vary", "Accept");
  if (!scale_image(&image, width, height) || !orient_image(&image, orientation) ||
      !write_image(&image, format, options->quality, gather)) {
    answer_too_large();  // nothing was written yet
    return;
  }
  flush();
}

HTTP_HANDLE_REQUEST {
  char method[8];
  const uint32_t length = http_get_method(method, sizeof method);
  if (length != 4 || memcmp(method, "POST", 4) != 0) {
    http_response_field("allow", "POST");
    http_answer_problem(405, "Method Not Allowed", "POST a JPEG or PNG to /?w=320&h=200");
    return HTTP_DONE;
  }
  struct options options;
  if (!read_options(&options)) return HTTP_DONE;
  const size_t size = read_body();
  if (size > kMaxBody) {
    answer_too_large();
  } else {
    answer_resized(body, size, &options);
  }
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
