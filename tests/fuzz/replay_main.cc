// Runs a fuzz target once over each file it is given (directories: each file below them), in place
// of libFuzzer's own main where that is not linked.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::vector<std::filesystem::path> inputsIn(const std::filesystem::path& given) {
  if (!std::filesystem::is_directory(given)) return {given};
  std::vector<std::filesystem::path> inputs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(given)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

void replay(const std::filesystem::path& input) {
  std::ifstream stream(input, std::ios::binary);
  if (!stream) {
    std::cerr << "cannot read " << input << '\n';
    std::exit(EXIT_FAILURE);
  }
  // Printed first, so that the last name on the terminal is that of the input which crashed.
  std::cout << input.string() << std::endl;
  std::vector<char> bytes{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  // Exactly as large as its content: a read past its end then hits a sanitizer's red zone.
  bytes.shrink_to_fit();
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& input : inputsIn(argv[i])) {
      replay(input);
      ++replayed;
    }
  }
  if (replayed == 0) {
    std::cerr << "no input: name corpus files or directories\n";
    return EXIT_FAILURE;
  }
  std::cout << replayed << " inputs replayed\n";
  return EXIT_SUCCESS;
}
