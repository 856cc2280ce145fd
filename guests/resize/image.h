#pragma once

/* Pictures in memory, read from and written to JPEG and PNG by the stb libraries. Whatever a
 * hostile picture does to a decoder, it does to this request's instance and to nothing else. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  kMaxEdge = 8192, /* pixels, of either side of a picture that is read */
  kMaxPixels = 8 * 1000 * 1000,
};

enum image_format { IMAGE_JPEG, IMAGE_PNG };

/* `channels` bytes a pixel: gray, gray and alpha, RGB, or RGBA. */
struct image {
  uint8_t* pixels;
  int width, height, channels;
};

enum image_fault {
  IMAGE_OK,
  IMAGE_UNKNOWN,   /* neither JPEG nor PNG */
  IMAGE_TOO_LARGE, /* over the bounds above, or over the memory that there is */
  IMAGE_BROKEN,
};

/* Decodes; the caller frees `pixels`. A photograph's EXIF orientation is not applied yet. */
enum image_fault read_image(const uint8_t* bytes, size_t size, struct image* image,
                            enum image_format* format);

/* Scales to exactly these sides, each at least 1, in linear light; replaces the pixels. False if
 * memory does not suffice; the image is as it was then. */
bool scale_image(struct image* image, int width, int height);

/* Turns and mirrors as an EXIF orientation (1 to 8) demands. False if memory does not suffice. */
bool orient_image(struct image* image, int orientation);

/* What takes an encoded picture, piece by piece. */
typedef void image_sink(void* context, void* bytes, int size);

/* Transparency becomes white in a JPEG. `quality` (1 to 100) counts for JPEG only. False if memory
 * does not suffice; nothing was written then. */
bool write_image(struct image* image, enum image_format format, int quality, image_sink* sink);
