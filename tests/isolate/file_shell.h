#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "isolate/files/file.h"

namespace skiff::wasi {

/// Runs calls on a file system that are written as text, and answers with text: so that tests are
/// tables, and two file systems can be compared. Words are separated by one space, `''` is the
/// empty word. D, E, F and S stand for a number under which a file or directory is open, 0 is the
/// root; P, Q and T for paths.
///
///     mkdir D P          rmdir D P         unlink D P        symlink T D P     readlink D P
///     link D P E Q       rename D P E Q    stat D P          follow D P        ls D
///     open D P S FLAGS   close S           fstat F           read F N          pread F N OFFSET
///     write F TEXT       pwrite F TEXT OFFSET                seek F set|current|end OFFSET
///     append F on|off    size F N          allocate F OFFSET LENGTH
///     advise F ADVICE    sync F            timesat D P MODIFIED
///
/// FLAGS are letters: r read, w write, c create, x exclusive, t truncate, d directory, a append,
/// f follow; `-` is none. The answer is the error's name, or what the call answers, or `ok`.
class FileShell {
 public:
  static constexpr std::size_t kFiles = 8;

  explicit FileShell(std::shared_ptr<File> root) { files_[0] = std::move(root); }

  std::string run(std::string_view command);
  /// Null: nothing is open there.
  File* file(std::size_t number) const { return files_.at(number).get(); }

 private:
  /// Nothing: it is no command of a directory's. `words` are those behind the verb's own number.
  std::optional<std::string> onDirectory(std::string_view verb, File& directory,
                                         const std::string* words);
  std::string onFile(std::string_view verb, File& file, const std::string* words);

  std::array<std::shared_ptr<File>, kFiles> files_;
};

/// As the specification spells it; its number if it is not one that file systems answer.
std::string nameOf(Errno error);

/// Everything below a directory, one line each: path, what `stat` answers, and what is in it. Goes
/// no deeper than paths reach.
std::string describeTree(File& directory);

}  // namespace skiff::wasi
