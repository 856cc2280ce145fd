#include "tests/isolate/file_shell.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace skiff::wasi {
namespace {

std::vector<std::string> split(std::string_view command) {
  std::vector<std::string> words;
  std::istringstream stream{std::string(command)};
  for (std::string word; stream >> word;) words.push_back(word == "''" ? "" : word);
  words.resize(std::max<std::size_t>(words.size(), 6));
  return words;
}

std::uint64_t number(const std::string& word) {
  return std::stoull(word);
}

std::string answer(Errno error) {
  return error == Errno::success ? "ok" : nameOf(error);
}

std::string answer(const FileStat& stat) {
  const std::string links = " links " + std::to_string(stat.links);
  if (stat.type == FileType::directory) return "directory" + links;
  const std::string size = " size " + std::to_string(stat.size);
  return (stat.type == FileType::symbolicLink ? "symlink" : "file") + size + links;
}
std::string answer(const std::shared_ptr<File>& file) {
  return file->type() == FileType::directory ? "directory" : "file";
}
std::string answer(std::uint64_t value) {
  return std::to_string(value);
}
std::string answer(const std::string& text) {
  return text;
}

template <class T>
std::string answer(const FileResult<T>& result) {
  return result ? answer(*result) : nameOf(result.error());
}

OpenHow howOf(std::string_view flags) {
  const auto has = [flags](char flag) { return flags.find(flag) != std::string_view::npos; };
  OpenHow how;
  how.read = has('r');
  how.write = has('w');
  how.create = has('c');
  how.exclusive = has('x');
  how.truncate = has('t');
  how.directory = has('d');
  how.append = has('a');
  how.follow = has('f') ? Follow::yes : Follow::no;
  return how;
}

std::string readText(File& file, std::size_t size, std::optional<std::uint64_t> offset) {
  std::vector<std::byte> buffer(size);
  const auto count = file.read(buffer, offset, Patience::blocking);
  if (!count) return nameOf(count.error());
  std::string text = "'";
  for (const std::byte byte : std::span(buffer).first(*count)) {
    text += byte == std::byte{0} ? '_' : static_cast<char>(byte);
  }
  return text + "'";
}

std::string listText(File& directory) {
  std::set<std::string> names;
  const Errno error = directory.list(0, [&names](const DirectoryEntry& entry) {
    names.emplace(entry.name);
    return true;
  });
  // What was removed is empty or not there, as one sees it.
  if (error != Errno::success && error != Errno::noent) return nameOf(error);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

}  // namespace

std::string FileShell::run(std::string_view command) {
  const std::vector<std::string> words = split(command);
  const std::string& verb = words[0];
  if (verb == "close") {
    files_.at(number(words[1])).reset();
    return "ok";
  }
  const bool making = verb == "symlink";
  File* const on = file(number(words[making ? 2 : 1]));
  if (!on) return "closed";
  if (making) return answer(on->symlink(words[1], words[3]));
  if (verb == "open") {
    auto opened = on->open(words[2], howOf(words[4]), Patience::blocking);
    if (opened) files_.at(number(words[3])) = *opened;
    return answer(opened);
  }
  if (verb == "link" || verb == "rename") {
    File* const to = file(number(words[3]));
    if (!to) return "closed";
    return answer(verb == "link" ? on->link(words[2], *to, words[4])
                                 : on->rename(words[2], *to, words[4]));
  }
  const auto answered = onDirectory(verb, *on, &words[2]);
  return answered ? *answered : onFile(verb, *on, &words[2]);
}

std::optional<std::string> FileShell::onDirectory(std::string_view verb, File& directory,
                                                  const std::string* words) {
  const std::string& path = words[0];
  if (verb == "mkdir") return answer(directory.makeDirectory(path));
  if (verb == "rmdir") return answer(directory.removeDirectory(path));
  if (verb == "unlink") return answer(directory.unlink(path));
  if (verb == "readlink") return answer(directory.readlink(path, Patience::blocking));
  if (verb == "stat") return answer(directory.statAt(path, Follow::no, Patience::blocking));
  if (verb == "follow") return answer(directory.statAt(path, Follow::yes, Patience::blocking));
  if (verb == "ls") return listText(directory);
  if (verb == "timesat") {
    NewTimes times;
    times.modified = {NewTime::Kind::given, number(words[1])};
    return answer(directory.setTimesAt(path, Follow::no, times));
  }
  return std::nullopt;
}

std::string FileShell::onFile(std::string_view verb, File& file, const std::string* words) {
  if (verb == "fstat") return answer(file.stat(Patience::blocking));
  if (verb == "sync") return answer(file.sync(false));
  if (verb == "pread") return readText(file, number(words[0]), number(words[1]));
  if (verb == "write") return answer(file.write(std::as_bytes(std::span(words[0])), {}));
  if (verb == "pwrite") {
    return answer(file.write(std::as_bytes(std::span(words[0])), number(words[1])));
  }
  // Of these a directory's answer is its descriptor's business.
  if (file.type() == FileType::directory) return "directory";
  if (verb == "read") return readText(file, number(words[0]), std::nullopt);
  if (verb == "append") return answer(file.setAppend(words[0] == "on"));
  if (verb == "size") return answer(file.setSize(number(words[0])));
  if (verb == "allocate") return answer(file.allocate(number(words[0]), number(words[1])));
  if (verb == "advise") {
    return answer(file.advise(0, 0, static_cast<std::uint32_t>(number(words[0]))));
  }
  if (verb == "seek") {
    const Whence whence = words[0] == "set"       ? Whence::set
                          : words[0] == "current" ? Whence::current
                                                  : Whence::end;
    return answer(file.seek(std::stoll(words[1]), whence));
  }
  return "no such command";
}

std::string nameOf(Errno error) {
  static const std::map<Errno, std::string> kNames = {{Errno::acces, "acces"},
                                                      {Errno::badf, "badf"},
                                                      {Errno::busy, "busy"},
                                                      {Errno::exist, "exist"},
                                                      {Errno::fbig, "fbig"},
                                                      {Errno::inval, "inval"},
                                                      {Errno::isdir, "isdir"},
                                                      {Errno::loop, "loop"},
                                                      {Errno::mlink, "mlink"},
                                                      {Errno::nametoolong, "nametoolong"},
                                                      {Errno::noent, "noent"},
                                                      {Errno::nospc, "nospc"},
                                                      {Errno::notcapable, "notcapable"},
                                                      {Errno::notdir, "notdir"},
                                                      {Errno::notempty, "notempty"},
                                                      {Errno::perm, "perm"},
                                                      {Errno::xdev, "xdev"}};
  const auto found = kNames.find(error);
  return found != kNames.end() ? found->second : std::to_string(static_cast<int>(error));
}

std::string describeTree(File& directory) {
  std::string text;
  std::vector<std::string> paths = {"."};
  while (!paths.empty()) {
    const std::string path = std::move(paths.back());
    paths.pop_back();
    const auto stat = directory.statAt(path, Follow::no, Patience::blocking);
    text += path + ": " + answer(stat);
    if (stat && stat->type == FileType::symbolicLink) {
      text += " -> " + answer(directory.readlink(path, Patience::blocking));
    } else if (stat) {
      const auto opened = directory.open(path, {.read = true}, Patience::blocking);
      if (!opened) {
        text += ' ' + answer(opened);
      } else if (stat->type == FileType::directory) {
        const std::string names = listText(**opened);
        text += " (" + names + ")";
        for (const std::string& name : split(names)) {
          if (!name.empty() && name != "." && name != "..") paths.push_back(path + '/' + name);
        }
      } else {
        text += ' ' + readText(**opened, stat->size, std::nullopt);
      }
    }
    text += '\n';
  }
  return text;
}

}  // namespace skiff::wasi
