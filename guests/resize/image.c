#include "image.h"

#include <stdlib.h>
#include <string.h>

#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_NO_STDIO
#define STBI_MAX_DIMENSIONS kMaxEdge
#include <stb/stb_image.h>

#define STB_IMAGE_RESIZE_IMPLEMENTATION
#define STB_IMAGE_RESIZE_STATIC
#include <stb/stb_image_resize.h>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb/stb_image_write.h>

static bool recognise(const uint8_t* bytes, size_t size, enum image_format* format) {
  static const uint8_t kJpeg[] = {0xff, 0xd8, 0xff};
  static const uint8_t kPng[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (size >= sizeof kJpeg && memcmp(bytes, kJpeg, sizeof kJpeg) == 0) {
    *format = IMAGE_JPEG;
    return true;
  }
  *format = IMAGE_PNG;
  return size >= sizeof kPng && memcmp(bytes, kPng, sizeof kPng) == 0;
}

static enum image_fault fault_of_decoder(void) {
  const char* reason = stbi_failure_reason();
  if (reason == NULL) return IMAGE_BROKEN;
  const bool too_large = strcmp(reason, "outofmem") == 0 || strcmp(reason, "too large") == 0;
  return too_large ? IMAGE_TOO_LARGE : IMAGE_BROKEN;
}

enum image_fault read_image(const uint8_t* bytes, size_t size, struct image* image,
                            enum image_format* format) {
  int width, height, channels;
  if (!recognise(bytes, size, format)) return IMAGE_UNKNOWN;
  // The sides first: they are known before anything is allocated. Where they cannot be read,
  // loading fails too, and says why.
  if (stbi_info_from_memory(bytes, (int)size, &width, &height, &channels) &&
      (int64_t)width * height > kMaxPixels) {
    return IMAGE_TOO_LARGE;
  }
  image->pixels =
      stbi_load_from_memory(bytes, (int)size, &image->width, &image->height, &image->channels, 0);
  return image->pixels != NULL ? IMAGE_OK : fault_of_decoder();
}

bool scale_image(struct image* image, int width, int height) {
  if (width == image->width && height == image->height) return true;
  uint8_t* scaled = malloc((size_t)width * (size_t)height * (size_t)image->channels);
  if (scaled == NULL) return false;
  const int alpha = image->channels % 2 == 0 ? image->channels - 1 : STBIR_ALPHA_CHANNEL_NONE;
  if (!stbir_resize_uint8_srgb(image->pixels, image->width, image->height, 0, scaled, width, height,
                               0, image->channels, alpha, 0)) {
    free(scaled);
    return false;
  }
  free(image->pixels);
  *image = (struct image){scaled, width, height, image->channels};
  return true;
}

bool orient_image(struct image* image, int orientation) {
  if (orientation == 1) return true;
  const bool swaps = orientation >= 5;  // rows become columns
  const int width = swaps ? image->height : image->width;
  const int height = swaps ? image->width : image->height;
  const size_t channels = (size_t)image->channels;
  uint8_t* turned = malloc((size_t)width * (size_t)height * channels);
  if (turned == NULL) return false;
  // Which way the source's columns and rows run, by orientation.
  const bool right_to_left =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool bottom_up =
      orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  uint8_t* to = turned;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x, to += channels) {
      int from_x = swaps ? y : x, from_y = swaps ? x : y;
      if (right_to_left) from_x = image->width - 1 - from_x;
      if (bottom_up) from_y = image->height - 1 - from_y;
      memcpy(to,
             image->pixels + ((size_t)from_y * (size_t)image->width + (size_t)from_x) * channels,
             channels);
    }
  }
  free(image->pixels);
  *image = (struct image){turned, width, height, image->channels};
  return true;
}

/* Lays the picture on white, and takes the alpha channel away. */
static void drop_alpha(struct image* image) {
  if (image->channels % 2 != 0) return;
  const int colours = image->channels - 1;
  const size_t count = (size_t)image->width * (size_t)image->height;
  const uint8_t* from = image->pixels;
  uint8_t* to = image->pixels;
  for (size_t i = 0; i < count; ++i) {
    const unsigned alpha = from[colours];
    for (int c = 0; c < colours; ++c) {
      *to++ = (uint8_t)((from[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
    from += image->channels;
  }
  image->channels = colours;
}

bool write_image(struct image* image, enum image_format format, int quality, image_sink* sink) {
  if (format == IMAGE_PNG) {
    return stbi_write_png_to_func(sink, NULL, image->width, image->height, image->channels,
                                  image->pixels, 0) != 0;
  }
  drop_alpha(image);
  return stbi_write_jpg_to_func(sink, NULL, image->width, image->height, image->channels,
                                image->pixels, quality) != 0;
}
