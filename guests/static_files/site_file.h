#pragma once

/* The files of a site: the tree that the host grants as "/". The host resolves every path beneath
 * that tree, symbolic links included, so that none leads out of it. */

#include <stdbool.h>
#include <stdint.h>

#include "conditions.h"
#include "site_path.h"

enum site_entry {
  SITE_FILE,        /* open: `descriptor` is the caller's to close */
  SITE_FOLDER,      /* nothing is open */
  SITE_NOTHING,     /* nothing that may be read lies there */
  SITE_UNAVAILABLE, /* it cannot be told now: too many files are open, the disk fails */
};

struct site_file {
  int descriptor;
  uint64_t size;
  struct validators validators;
};

/* Opens what lies at the path, if it is a regular file that may be read. */
enum site_entry open_site_file(const char* path, struct site_file* file);

/* Opens the file's compressed twin, the same name with ".gz", in its place: true, and the first is
 * closed, if there is one that is not older. */
bool prefer_compressed(const struct site_path* path, struct site_file* file);

/* Sends bytes `first` to `last`, as fast as the client takes them. Less if the file has become
 * shorter; the host then ends the connection, since the Content-Length does not hold. */
void send_site_file(const struct site_file* file, uint64_t first, uint64_t last);
