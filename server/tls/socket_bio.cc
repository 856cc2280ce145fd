#include "server/tls/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>

namespace skiff {
namespace {

SocketEnd& endOf(BIO* bio) {
  return *static_cast<SocketEnd*>(BIO_get_data(bio));
}

int readSocket(BIO* bio, char* into, int size) {
  SocketEnd& end = endOf(bio);
  BIO_clear_retry_flags(bio);
  const std::size_t most = std::min(static_cast<std::size_t>(size), end.budget);
  if (most == 0) return -1;
  ssize_t got = 0;
  do {
    got = ::recv(end.descriptor, into, most, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  end.blocked = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  end.drained = end.blocked || (got > 0 && static_cast<std::size_t>(got) < most);
  end.ended = got == 0;
  if (end.blocked) BIO_set_retry_read(bio);
  if (got > 0 && end.budget != SIZE_MAX) end.budget -= static_cast<std::size_t>(got);
  return static_cast<int>(got);
}

int writeSocket(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  ssize_t sent = 0;
  do {
    sent = ::send(endOf(bio).descriptor, bytes, static_cast<std::size_t>(size),
                  MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return endOf(bio).ended ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* makeMethod() {
  BIO_METHOD* const method =
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "client socket");
  if (method == nullptr) throw std::bad_alloc();
  BIO_meth_set_create(method, create);
  BIO_meth_set_read(method, readSocket);
  BIO_meth_set_write(method, writeSocket);
  BIO_meth_set_ctrl(method, control);
  return method;
}

}  // namespace

BioHandle makeSocketBio(SocketEnd& end) {
  static BIO_METHOD* const method = makeMethod();
  BioHandle bio(BIO_new(method));
  if (!bio) throw std::bad_alloc();
  BIO_set_data(bio.get(), &end);
  return bio;
}

}  // namespace skiff
