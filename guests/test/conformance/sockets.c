/* sock_accept, sock_recv, sock_send, sock_shutdown. No sockets are granted and none can be opened,
 * so what can be shown is that everything else is told from one. */

#include "conformance.h"

static char buffer[16];
static const struct Iovec iovec = {buffer, sizeof buffer};
static uint32_t size;
static uint16_t flags;

FAILS(sock_accept, on_what_was_never_opened) {
  EXPECT(BADF, wasi_sock_accept(NEVER_OPENED, 0, &size));
}
FAILS(sock_accept, on_no_descriptor) {
  EXPECT(BADF, wasi_sock_accept(NOT_A_DESCRIPTOR, 0, &size));
}
FAILS(sock_accept, on_a_file) {
  make_file("file", "");
  EXPECT(NOTSOCK, wasi_sock_accept(open_file("file"), 0, &size));
}
FAILS(sock_accept, on_a_directory) {
  EXPECT(NOTSOCK, wasi_sock_accept(work, 0, &size));
}
FAILS(sock_accept, on_a_standard_stream) {
  EXPECT(NOTSOCK, wasi_sock_accept(0, 0, &size));
}

FAILS(sock_recv, on_what_was_never_opened) {
  EXPECT(BADF, wasi_sock_recv(NEVER_OPENED, &iovec, 1, 0, &size, &flags));
}
FAILS(sock_recv, on_a_file) {
  make_file("file", "content");
  EXPECT(NOTSOCK, wasi_sock_recv(open_file("file"), &iovec, 1, 0, &size, &flags));
}
FAILS(sock_recv, on_a_directory) {
  EXPECT(NOTSOCK, wasi_sock_recv(work, &iovec, 1, 0, &size, &flags));
}
FAILS(sock_recv, on_a_standard_stream) {
  EXPECT(NOTSOCK, wasi_sock_recv(0, &iovec, 1, 0, &size, &flags));
}

FAILS(sock_send, on_what_was_never_opened) {
  EXPECT(BADF, wasi_sock_send(NEVER_OPENED, &iovec, 1, 0, &size));
}
FAILS(sock_send, on_a_file) {
  make_file("file", "content");
  EXPECT(NOTSOCK, wasi_sock_send(open_file("file"), &iovec, 1, 0, &size));
  EXPECT_FILE("content", "file");
}
FAILS(sock_send, on_a_directory) {
  EXPECT(NOTSOCK, wasi_sock_send(work, &iovec, 1, 0, &size));
}
FAILS(sock_send, on_a_standard_stream) {
  EXPECT(NOTSOCK, wasi_sock_send(1, &iovec, 1, 0, &size));
}

FAILS(sock_shutdown, on_what_was_never_opened) {
  EXPECT(BADF, wasi_sock_shutdown(NEVER_OPENED, 1));
}
FAILS(sock_shutdown, on_what_was_closed) {
  make_file("file", "");
  const uint32_t fd = open_file("file");
  EXPECT(SUCCESS, wasi_fd_close(fd));
  EXPECT(BADF, wasi_sock_shutdown(fd, 1));
}
FAILS(sock_shutdown, on_a_file) {
  make_file("file", "");
  EXPECT(NOTSOCK, wasi_sock_shutdown(open_file("file"), 3));
}
FAILS(sock_shutdown, on_a_directory) {
  EXPECT(NOTSOCK, wasi_sock_shutdown(work, 1));
}
FAILS(sock_shutdown, on_a_standard_stream) {
  EXPECT(NOTSOCK, wasi_sock_shutdown(1, 2));
}
