#include "bench/compare/affinity.h"

#include <stdexcept>
#include <string>

namespace skiff::bench {

OnProcessor::OnProcessor(Processors processors) {
  cpu_set_t wanted;
  cpu_set_t got;
  CPU_ZERO(&wanted);
  const int end = processors.first + processors.count;
  for (int i = processors.first; i < end; ++i) CPU_SET(i, &wanted);
  if (::sched_getaffinity(0, sizeof before_, &before_) != 0 ||
      ::sched_setaffinity(0, sizeof wanted, &wanted) != 0 ||
      ::sched_getaffinity(0, sizeof got, &got) != 0 || !CPU_EQUAL(&wanted, &got)) {
    throw std::runtime_error("cannot run on the processors " + std::to_string(processors.first) +
                             " to " + std::to_string(end - 1) +
                             ": the comparison needs two processors, and all that there are");
  }
}

OnProcessor::~OnProcessor() {
  ::sched_setaffinity(0, sizeof before_, &before_);
}

}  // namespace skiff::bench
