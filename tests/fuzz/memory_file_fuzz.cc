// Whatever calls a guest makes on a file system in memory: its budget is never exceeded, all of it
// comes back, names and links agree, and no byte of a file comes from elsewhere. The input is read
// as calls with their operands, a few bytes each.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "isolate/files/memory_file_system.h"
#include "tests/isolate/counting_budget.h"

namespace {

using namespace skiff::wasi;

constexpr std::size_t kLimit = 256 * 1024;

void require(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }

  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  /// Small ones, large ones, and the ends of the range.
  std::uint64_t offset() {
    const std::uint8_t shape = byte();
    const std::uint64_t value = byte() | std::uint64_t{byte()} << 8;
    const std::uint64_t shifted = value << (shape % 64);
    return shape & 0x80 ? ~shifted : shifted;
  }
  /// Up to seven components of eight each, chosen by three bits, and a slash or not.
  std::string path() {
    static constexpr std::array<const char*, 8> kNames = {"a", "b", "c", "dd", ".", "..", "", "e"};
    const std::uint8_t shape = byte();
    std::string path;
    for (int left = shape % 8; left >= 0; --left) {
      const std::uint8_t choice = byte();
      path += kNames[choice % 8];
      if (choice >= 0xf0) path += std::string(choice, 'n');
      if (left > 0 || shape >= 0x80) path += '/';
    }
    return path;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

/// Every link of a file is a name in the tree, and each directory is counted by the one above.
void requireConsistent(File& root) {
  std::map<std::uint64_t, FileStat> stats;
  std::map<std::uint64_t, std::uint64_t> links;
  std::vector<std::shared_ptr<File>> directories = {*root.open(".", {}, Patience::cached)};
  ++links[root.stat(Patience::cached)->inode];
  while (!directories.empty()) {
    const auto directory = std::move(directories.back());
    directories.pop_back();
    const FileStat above = *directory->stat(Patience::cached);
    stats[above.inode] = above;
    ++links[above.inode];
    std::uint64_t last = 0;
    require(directory->list(0, [&](const DirectoryEntry& entry) {
      require(entry.next > last);
      last = entry.next;
      if (entry.name == "." || entry.name == "..") return true;
      const std::string name(entry.name);
      const FileStat stat = *directory->statAt(name, Follow::no, Patience::cached);
      require(stat.inode == entry.inode && stat.type == entry.type);
      stats[stat.inode] = stat;
      ++links[stat.inode];
      if (stat.type == FileType::directory) {
        ++links[above.inode];
        directories.push_back(*directory->open(name, {}, Patience::cached));
      }
      return true;
    }) == Errno::success);
  }
  for (const auto& [inode, stat] : stats) require(links[inode] == stat.links);
}

class Session {
 public:
  explicit Session(CountingBudget& budget)
      : root_(MemoryFileSystem(budget, [this] { return ++now_; }).root()) {
    files_.fill(root_);
  }

  void call(Input& input) {
    File& file = *files_[input.byte() % files_.size()];
    switch (input.byte() % 16) {
      case 0:
        file.makeDirectory(input.path());
        break;
      case 1:
        file.removeDirectory(input.path());
        break;
      case 2:
        file.unlink(input.path());
        break;
      case 3: {
        const std::string target = input.path();
        file.symlink(target, input.path());
        break;
      }
      case 4: {
        const std::string from = input.path();
        file.link(from, *files_[input.byte() % files_.size()], input.path());
        break;
      }
      case 5:
      case 6: {
        const std::string from = input.path();
        file.rename(from, *files_[input.byte() % files_.size()], input.path());
        break;
      }
      case 7:
        file.statAt(input.path(), Follow::yes, Patience::cached);
        break;
      case 8:
        file.readlink(input.path(), Patience::cached);
        break;
      case 9:
      case 10:
        open(file, input);
        break;
      case 11:
        write(file, input);
        break;
      case 12:
        read(file, input);
        break;
      case 13:
        file.setSize(input.offset());
        break;
      case 14: {
        const std::uint64_t offset = input.offset();
        file.allocate(offset, input.offset());
        break;
      }
      default:
        file.seek(static_cast<std::int64_t>(input.offset()), static_cast<Whence>(input.byte() % 3));
        break;
    }
  }

  File& root() { return *root_; }

 private:
  static std::optional<std::uint64_t> place(Input& input) {
    return input.byte() % 2 == 0 ? std::optional(input.offset()) : std::nullopt;
  }

  void open(File& file, Input& input) {
    const std::uint8_t bits = input.byte();
    OpenHow how;
    how.read = bits & 1;
    how.write = bits & 2;
    how.create = bits & 4;
    how.exclusive = bits & 8;
    how.truncate = bits & 16;
    how.directory = bits & 32;
    how.append = bits & 64;
    how.follow = bits & 128 ? Follow::yes : Follow::no;
    auto opened = file.open(input.path(), how, Patience::cached);
    if (opened) files_[input.byte() % files_.size()] = std::move(*opened);
  }

  static void write(File& file, Input& input) {
    const std::vector<std::byte> data(input.byte() * std::size_t{64}, std::byte{'w'});
    const auto offset = place(input);
    const auto put = file.write(data, offset);
    if (!put) return;
    require(*put <= data.size());
    if (offset && *put > 0) require(file.stat(Patience::cached)->size >= *offset + *put);
  }

  static void read(File& file, Input& input) {
    std::vector<std::byte> data(input.byte() * std::size_t{64}, std::byte{'r'});
    const auto offset = place(input);
    const auto got = file.read(data, offset, Patience::cached);
    if (!got) return;
    require(*got <= data.size());
    for (const std::byte byte : std::span(data).first(*got)) {
      require(byte == std::byte{'w'} || byte == std::byte{0});
    }
  }

  std::uint64_t now_ = 0;
  std::shared_ptr<File> root_;
  std::array<std::shared_ptr<File>, 6> files_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  CountingBudget budget(kLimit);
  {
    Session session(budget);
    Input input({data, size});
    while (!input.empty()) {
      session.call(input);
      require(budget.taken() <= kLimit);
    }
    requireConsistent(session.root());
  }
  require(budget.taken() == 0);
  return 0;
}
