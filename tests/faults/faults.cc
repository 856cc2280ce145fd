#include "tests/faults/faults.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <new>
#include <stdexcept>

namespace skiff::faults {

Faults::Faults(const std::string& thread) {
  const int file = ::open((folder_ / "control").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  void* mapped = MAP_FAILED;
  if (file >= 0 && ::ftruncate(file, sizeof(Control)) == 0) {
    mapped = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (file >= 0) ::close(file);
  if (mapped == MAP_FAILED) throw std::runtime_error("no mapping for faults");
  control_ = new (mapped) Control;
  thread.copy(control_->thread, sizeof control_->thread - 1);
}

Faults::~Faults() {
  releaseSyncs();
  ::munmap(control_, sizeof(Control));
}

e2e::ProcessOptions Faults::options() const {
  return {STDIN_FILENO,
          {std::string("LD_PRELOAD=") + SKIFF_FAULT_PRELOAD,
           std::string(kControlVariable) + "=" + (folder_ / "control").string()},
          {}};
}

void Faults::concern(const std::filesystem::path& folder) {
  const std::string path = std::filesystem::canonical(folder).string();
  if (path.size() >= sizeof control_->folder) throw std::runtime_error("too long: " + path);
  path.copy(control_->folder, path.size());
}

void Faults::failOnce(Call call, std::uint64_t number, int error) {
  of(call).only = number;
  of(call).error = error;
}

void Faults::failChanges(int error) {
  for (Control::Fault& fault : control_->calls) {
    fault.only = 0;
    fault.error = error;
  }
}

void Faults::releaseSyncs() {
  control_->holdsSync = 0;
  ::syscall(SYS_futex, &control_->holdsSync, FUTEX_WAKE, INT_MAX, nullptr);
}

}  // namespace skiff::faults
