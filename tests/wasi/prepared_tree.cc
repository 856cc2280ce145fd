#include "tests/wasi/prepared_tree.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <set>

namespace skiff::testing {
namespace {

namespace fs = std::filesystem;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("cannot make ") + what);
}

void makeSocket(const fs::path& at) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  require(at.native().size() < sizeof address.sun_path, "a socket with so long a path");
  std::strcpy(address.sun_path, at.c_str());
  require(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "a socket");
  ::close(socket);
}

}  // namespace

PreparedTree::PreparedTree() {
  const fs::path prepared = work() / "prepared";
  fs::create_directories(prepared / "many");
  fs::create_directories(prepared / "names");
  fs::create_directories(readOnly() / "directory");
  directory_.write("secret", kSecret);
  fs::create_symlink("secret", outside() / "secret_link");
  fs::create_directories(outside() / "elsewhere");
  directory_.write("elsewhere/secret", kSecret);
  directory_.write("ro/file", "read only");

  require(::mkfifo((prepared / "fifo").c_str(), 0600) == 0, "a FIFO");
  makeSocket(prepared / "socket");
  directory_.write("work/prepared/linked_one", "one file");
  fs::create_hard_link(prepared / "linked_one", prepared / "linked_two");
  for (int i = 0; i < 300; ++i) directory_.write("work/prepared/many/" + std::to_string(i), "");
  for (const char* name : {" ", "a b", "...", "\n", "\\", "*", "\xff\xfe", "gr\xc3\xbc\xc3\x9f"}) {
    directory_.write("work/prepared/names/" + std::string(name), "");
  }
  fs::create_symlink("../../secret", prepared / "escape_relative");
  fs::create_symlink(outside() / "secret", prepared / "escape_absolute");
  fs::create_symlink("../..", prepared / "escape_directory");
  fs::create_symlink("../../planted", prepared / "escape_dangling");
}

std::vector<std::string> PreparedTree::grants() const {
  return {"--dir", work().string() + "::/work", "--dir-ro", readOnly().string() + "::/ro"};
}

std::string PreparedTree::damage() const {
  for (const char* name : {"secret", "elsewhere/secret"}) {
    if (directory_.read(name) != kSecret) return "the secret was changed";
  }
  if (directory_.read("ro/file") != "read only") return "a read-only file was changed";
  struct stat secret {};
  if (::stat((outside() / "secret").c_str(), &secret) != 0 || secret.st_nlink != 1) {
    return "the secret was linked";
  }
  std::set<std::string> names;
  for (const fs::path& folder : {outside(), outside() / "elsewhere", readOnly()}) {
    for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename());
  }
  const std::set<std::string> expected{"secret", "secret_link", "elsewhere", "work",
                                       "ro",     "file",        "directory"};
  return names == expected ? "" : "names outside were added or removed";
}

}  // namespace skiff::testing
