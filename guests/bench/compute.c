/* Computes, and asks the host for next to nothing: "/?rounds=N" hashes N times (whole numbers and
 * memory) and iterates the Mandelbrot set as often (floating point). Answers both results. */
#include "../gate/sha256.h"
#include "http_handler.h"

enum { kMaxUri = 64, kBufferSize = 4096, kColumns = 16, kMaxSteps = 200 };

static const char kHex[] = "0123456789abcdef";

static uint32_t rounds_asked_for(void) {
  char uri[kMaxUri];
  const uint32_t length = http_get_uri(uri, sizeof uri);
  uint32_t number = 0;
  for (uint32_t i = 0; i < length && length <= sizeof uri; ++i) {
    if (uri[i] >= '0' && uri[i] <= '9') number = number * 10 + (uint32_t)(uri[i] - '0');
  }
  return number;
}

static uint32_t steps_of_row(double y) {
  uint32_t sum = 0;
  for (int column = 0; column < kColumns; ++column) {
    const double x = -2.0 + 3.0 * column / kColumns;
    double real = 0, imaginary = 0;
    int steps = 0;
    while (steps < kMaxSteps && real * real + imaginary * imaginary < 4) {
      const double next = real * real - imaginary * imaginary + x;
      imaginary = 2 * real * imaginary + y;
      real = next;
      ++steps;
    }
    sum += (uint32_t)steps;
  }
  return sum;
}

static char* append_hex(char* out, const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    *out++ = kHex[bytes[i] >> 4];
    *out++ = kHex[bytes[i] & 15];
  }
  return out;
}

HTTP_HANDLE_REQUEST {
  static uint8_t buffer[kBufferSize];
  uint8_t digest[kSha256Size];
  const uint32_t rounds = rounds_asked_for();
  uint32_t steps = 0;
  for (uint32_t i = 0; i < kBufferSize; ++i) buffer[i] = (uint8_t)i;
  for (uint32_t round = 0; round < rounds; ++round) {
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, buffer, sizeof buffer);
    sha256_end(&hash, digest);
    for (uint32_t i = 0; i < sizeof digest; ++i) {
      buffer[(round * sizeof digest + i) % kBufferSize] = digest[i];
    }
    steps += steps_of_row(-1.0 + 2.0 * (round % 64) / 64);
  }
  const uint8_t counted[] = {(uint8_t)(steps >> 24), (uint8_t)(steps >> 16), (uint8_t)(steps >> 8),
                             (uint8_t)steps};
  char answer[2 * sizeof digest + 1 + 2 * sizeof counted + 1];
  char* end = append_hex(answer, digest, sizeof digest);
  *end++ = ' ';
  end = append_hex(end, counted, sizeof counted);
  *end++ = '\n';
  HTTP_SET_HEADER(HTTP_RESPONSE_HEADERS, "content-type", "text/plain");
  http_write_body(HTTP_RESPONSE_BODY, answer, (uint32_t)(end - answer));
  return HTTP_DONE;
}

HTTP_NO_RESPONSE_HANDLER;
