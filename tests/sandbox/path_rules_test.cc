#include "sandbox/path_rules.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "tests/sandbox/in_child.h"
#include "tests/temporary_directory.h"

namespace skiff {
namespace {

namespace fs = std::filesystem;

int errorOfOpening(const fs::path& path, int flags) {
  const int opened = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  const int error = errorOf(opened);
  if (opened >= 0) ::close(opened);
  return error;
}

class PathRulesTest : public ::testing::Test {
 protected:
  PathRulesTest() {
    for (const char* name : {"read", "write", "files", "other"}) {
      fs::create_directory(at(name));
      std::ofstream(at(name) / "file") << "content";
      fs::copy_file("/bin/true", at(name) / "program");
    }
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }

  /// In a child that is held to what the folders are named after.
  void confined(const std::function<void()>& step) {
    if (PathRules::version() == 0) GTEST_SKIP() << "this kernel has no Landlock";
    inChild([&] {
      const auto rules = PathRules::make({{at("read"), PathAccess::read},
                                          {at("write"), PathAccess::write},
                                          {at("files"), PathAccess::writeFiles},
                                          {"/lib", PathAccess::read},
                                          {at("is/not/there"), PathAccess::read}});
      ASSERT_TRUE(rules.has_value());
      ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
      ASSERT_EQ(rules->enforce(), 0);
      step();
    });
  }

  /// How starting it fails, or 0.
  static int errorOfStarting(const fs::path& program) {
    int error = -1;
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(program.c_str(), "program", nullptr);
      const int why = errno;
      (void)!::write(ends[1], &why, sizeof why);
      ::_exit(1);
    }
    ::close(ends[1]);
    if (::read(ends[0], &error, sizeof error) == 0) error = 0;
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    return error;
  }

 private:
  testing::TemporaryDirectory folder_;
};

TEST_F(PathRulesTest, WhatMayBeReadCanBeReadOnly) {
  confined([&] {
    EXPECT_EQ(errorOfOpening(at("read/file"), O_RDONLY), 0);
    EXPECT_EQ(errorOfOpening(at("read"), O_RDONLY | O_DIRECTORY), 0);
    EXPECT_EQ(errorOfOpening(at("read/file"), O_WRONLY), EACCES);
    EXPECT_EQ(errorOfOpening(at("read/new"), O_WRONLY | O_CREAT), EACCES);
    EXPECT_EQ(errorOf(::unlink(at("read/file").c_str())), EACCES);
    EXPECT_EQ(errorOfStarting(at("read/program")), EACCES);
  });
}

TEST_F(PathRulesTest, WhatMayBeWrittenCanBeChangedButNotStarted) {
  confined([&] {
    EXPECT_EQ(errorOfOpening(at("write/file"), O_RDWR | O_TRUNC), 0);
    EXPECT_EQ(errorOfOpening(at("write/new"), O_WRONLY | O_CREAT), 0);
    EXPECT_EQ(errorOf(::mkdir(at("write/folder").c_str(), 0700)), 0);
    EXPECT_EQ(errorOf(::rename(at("write/new").c_str(), at("write/folder/new").c_str())), 0);
    EXPECT_EQ(errorOf(::unlink(at("write/folder/new").c_str())), 0);
    EXPECT_EQ(errorOf(::mkfifo(at("write/fifo").c_str(), 0600)), EACCES);
    EXPECT_EQ(errorOf(::rename(at("write/file").c_str(), at("other/gone").c_str())), EACCES);
    EXPECT_EQ(errorOfStarting(at("write/program")), EACCES);
  });
}

TEST_F(PathRulesTest, LinksAreMadeOnlyWhereTheyMayBe) {
  confined([&] {
    EXPECT_EQ(errorOf(::symlink("/", at("write/link").c_str())), 0);
    EXPECT_EQ(errorOfOpening(at("files/new"), O_WRONLY | O_CREAT), 0);
    EXPECT_EQ(errorOf(::symlink("/", at("files/link").c_str())), EACCES);
    EXPECT_NE(errorOf(::rename(at("write/link").c_str(), at("files/link").c_str())), 0);
    // Nor moved there with the folder that they are in.
    ASSERT_EQ(errorOf(::mkdir(at("write/folder").c_str(), 0700)), 0);
    ASSERT_EQ(errorOf(::symlink("/", at("write/folder/link").c_str())), 0);
    EXPECT_EQ(errorOf(::rename(at("write/folder").c_str(), at("files/folder").c_str())), EXDEV);
    EXPECT_EQ(errorOf(::rename(at("files/new").c_str(), at("files/newer").c_str())), 0);
  });
}

TEST_F(PathRulesTest, NothingElseCanBeOpened) {
  confined([&] {
    EXPECT_EQ(errorOfOpening(at("other/file"), O_RDONLY), EACCES);
    EXPECT_EQ(errorOfOpening(at("read/../other/file"), O_RDONLY), EACCES);
    EXPECT_EQ(errorOfOpening("/etc/passwd", O_RDONLY), EACCES);
    EXPECT_EQ(errorOfStarting("/bin/sh"), EACCES);
  });
}

TEST_F(PathRulesTest, NoTcpPortCanBeBound) {
  if (PathRules::version() < 4) GTEST_SKIP() << "this kernel's Landlock knows no ports";
  confined([] {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_GE(socket, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(errorOf(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address)),
              EACCES);
    ::close(socket);
  });
}

TEST_F(PathRulesTest, NoSocketWithoutAPathIsReached) {
  if (PathRules::version() < 6) GTEST_SKIP() << "this kernel's Landlock knows no such sockets";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "skiff-%d", ::getpid());
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  const int hearer = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(errorOf(::bind(hearer, name, sizeof address)), 0);
  const int speaker = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  EXPECT_EQ(errorOf(::sendto(speaker, "a", 1, 0, name, sizeof address)), 0);
  confined([&] { EXPECT_EQ(errorOf(::sendto(speaker, "a", 1, 0, name, sizeof address)), EPERM); });
  ::close(speaker);
  ::close(hearer);
}

}  // namespace
}  // namespace skiff
