#include "isolate/guest_place.h"

namespace skiff {

thread_local constinit GuestPlace* GuestPlace::current_ = nullptr;

GuestPlace::GuestPlace(Watchdog& watchdog) : outer_(current_), watchdog_(watchdog) {
  thread_.bind();
  watchdog_.add(thread_);
  current_ = this;
}

GuestPlace::~GuestPlace() {
  current_ = outer_;
  watchdog_.remove(thread_);
}

}  // namespace skiff
