#include "config/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <span>
#include <string_view>

namespace skiff {
namespace {

constexpr std::size_t padded(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// The build id among the notes of a segment (elf(5), "Notes").
std::string idIn(std::span<const unsigned char> notes) {
  while (notes.size() >= sizeof(ElfW(Nhdr))) {
    ElfW(Nhdr) head;
    std::memcpy(&head, notes.data(), sizeof head);
    notes = notes.subspan(sizeof head);
    const std::size_t name = padded(head.n_namesz);
    if (name > notes.size() || padded(head.n_descsz) > notes.size() - name) break;
    if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
        std::memcmp(notes.data(), "GNU", 4) == 0) {
      return hexadecimal(notes.subspan(name, head.n_descsz));
    }
    notes = notes.subspan(name + padded(head.n_descsz));
  }
  return {};
}

struct Search {
  ElfW(Addr) inside;  ///< an address of the object that is looked for
  std::string id;
};

int look(dl_phdr_info* object, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  const std::span<const ElfW(Phdr)> segments(object->dlpi_phdr, object->dlpi_phnum);
  bool isIt = false;
  for (const auto& segment : segments) {
    const ElfW(Addr) begin = object->dlpi_addr + segment.p_vaddr;
    isIt |= segment.p_type == PT_LOAD && search.inside >= begin &&
            search.inside - begin < segment.p_memsz;
  }
  if (!isIt) return 0;
  for (const auto& segment : segments) {
    if (segment.p_type != PT_NOTE || !search.id.empty()) continue;
    const ElfW(Addr) begin = object->dlpi_addr + segment.p_vaddr;
    search.id = idIn({reinterpret_cast<const unsigned char*>(begin), segment.p_memsz});
  }
  return 1;
}

}  // namespace

std::string buildId() {
  static const char here = 0;
  Search search{reinterpret_cast<ElfW(Addr)>(&here), {}};
  ::dl_iterate_phdr(look, &search);
  return search.id;
}

}  // namespace skiff
