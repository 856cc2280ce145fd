#include "tests/soak/actors.h"

#include <exception>

namespace skiff::soak {

void Actors::start(std::string name, std::chrono::milliseconds pause, Act act) {
  const auto seed = static_cast<std::uint32_t>(world_.report().seed() + threads_.size());
  threads_.emplace_back([this, name = std::move(name), pause, act = std::move(act), seed] {
    std::mt19937 random(seed);
    for (auto next = Clock::now(); !world_.stop; next = std::max(next + pause, Clock::now())) {
      std::this_thread::sleep_until(next);
      try {
        act(random);
      } catch (const std::exception& error) {
        world_.report().failure(name + ": " + error.what());
      }
    }
  });
}

void Actors::finish() {
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace skiff::soak
