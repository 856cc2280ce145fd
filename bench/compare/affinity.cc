#include "bench/compare/affinity.h"

#include <stdexcept>
#include <string>

namespace skiff::bench {

OnProcessor::OnProcessor(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0 ||
      ::sched_setaffinity(0, sizeof only, &only) != 0) {
    throw std::runtime_error("cannot run on processor " + std::to_string(processor) +
                             ": the comparison needs two processors");
  }
}

OnProcessor::~OnProcessor() {
  ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace skiff::bench
