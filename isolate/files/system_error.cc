#include "isolate/files/system_error.h"

#include <cerrno>

namespace skiff::wasi {

Errno errnoOf(int systemError) {
  switch (systemError) {
    case 0:
      return Errno::success;
    case E2BIG:
      return Errno::toobig;
    case EACCES:
      return Errno::acces;
    case EAGAIN:
      return Errno::again;
    case EBADF:
      return Errno::badf;
    case EBUSY:
      return Errno::busy;
    case EDQUOT:
      return Errno::dquot;
    case EEXIST:
      return Errno::exist;
    case EFAULT:
      return Errno::fault;
    case EFBIG:
      return Errno::fbig;
    case EILSEQ:
      return Errno::ilseq;
    case EINTR:
      return Errno::intr;
    case EINVAL:
      return Errno::inval;
    case EISDIR:
      return Errno::isdir;
    case ELOOP:
      return Errno::loop;
    case EMFILE:
      return Errno::mfile;
    case EMLINK:
      return Errno::mlink;
    case ENAMETOOLONG:
      return Errno::nametoolong;
    case ENFILE:
      return Errno::nfile;
    case ENODEV:
      return Errno::nodev;
    case ENOENT:
      return Errno::noent;
    case ENOMEM:
      return Errno::nomem;
    case ENOSPC:
      return Errno::nospc;
    case ENOSYS:
      return Errno::nosys;
    case ENOTDIR:
      return Errno::notdir;
    case ENOTEMPTY:
      return Errno::notempty;
    case EOPNOTSUPP:
      return Errno::notsup;
    case ENXIO:
      return Errno::nxio;
    case EOVERFLOW:
      return Errno::overflow;
    case EPERM:
      return Errno::perm;
    case EPIPE:
      return Errno::pipe;
    case ERANGE:
      return Errno::range;
    case EROFS:
      return Errno::rofs;
    case ESPIPE:
      return Errno::spipe;
    case ESTALE:
      return Errno::stale;
    case ETIMEDOUT:
      return Errno::timedout;
    case ETXTBSY:
      return Errno::txtbsy;
    case EXDEV:
      return Errno::xdev;
    default:
      return Errno::io;
  }
}

Errno systemResult(int returned) {
  return returned == 0 ? Errno::success : errnoOf(errno);
}

}  // namespace skiff::wasi
