#include "bench/compare/text.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "tests/e2e/process.h"

namespace skiff::bench {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string bytesOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string() + ": has it been built?");
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::string firstLineOf(const std::string& program, const std::vector<std::string>& arguments) {
  e2e::Process process(program, arguments);
  process.wait();
  const std::string text = process.text(e2e::Process::Stream::output) +
                           process.text(e2e::Process::Stream::error);  // nginx: the latter
  return text.substr(0, text.find('\n'));
}

}  // namespace skiff::bench
