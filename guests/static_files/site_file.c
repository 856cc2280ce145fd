#include "site_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "http_handler.h"

static char chunk[32 * 1024];  // what is held of a file, however large it is

static void fill_validators(const struct stat* status, struct validators* validators) {
  snprintf(validators->etag, sizeof validators->etag, "\"%llx-%llx-%lx\"",
           (unsigned long long)status->st_size, (unsigned long long)status->st_mtim.tv_sec,
           status->st_mtim.tv_nsec);
  validators->modified = status->st_mtim.tv_sec;
}

/* What an `errno` of open says: only an error of the path itself means that nothing lies there. Any
 * other is the host's trouble, and may be over with the next request. */
static enum site_entry entry_of_error(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EACCES:
    case ENOTCAPABLE:  // the path leads out of the site
    case EILSEQ:
    case EINVAL:
    case ENXIO:  // a socket
      return SITE_NOTHING;
    default:
      return SITE_UNAVAILABLE;
  }
}

enum site_entry open_site_file(const char* path, struct site_file* file) {
  const int descriptor = open(path, O_RDONLY | O_NONBLOCK);  // does not wait at a FIFO
  if (descriptor < 0) return entry_of_error(errno);
  struct stat status;
  enum site_entry entry = SITE_NOTHING;
  if (fstat(descriptor, &status) != 0) {
    entry = SITE_UNAVAILABLE;
  } else if (S_ISREG(status.st_mode)) {
    entry = SITE_FILE;
  } else if (S_ISDIR(status.st_mode)) {
    entry = SITE_FOLDER;
  }
  if (entry != SITE_FILE) {
    close(descriptor);
    return entry;
  }
  file->descriptor = descriptor;
  file->size = (uint64_t)status.st_size;
  fill_validators(&status, &file->validators);
  return SITE_FILE;
}

bool prefer_compressed(const struct site_path* path, struct site_file* file) {
  char name[kMaxSitePath + sizeof ".gz"];
  memcpy(name, path->text, path->length);
  memcpy(name + path->length, ".gz", sizeof ".gz");
  struct site_file compressed;
  if (open_site_file(name, &compressed) != SITE_FILE) return false;
  if (compressed.validators.modified < file->validators.modified) {  // of an earlier version
    close(compressed.descriptor);
    return false;
  }
  close(file->descriptor);
  *file = compressed;
  return true;
}

void send_site_file(const struct site_file* file, uint64_t first, uint64_t last) {
  for (uint64_t at = first; at <= last;) {
    const uint64_t left = last - at + 1;
    const ssize_t size =
        pread(file->descriptor, chunk, left < sizeof chunk ? left : sizeof chunk, (off_t)at);
    if (size <= 0) return;
    http_write_body(HTTP_RESPONSE_BODY, chunk, (uint32_t)size);
    at += (uint64_t)size;
  }
}
