#include "server/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

namespace skiff {

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

void TicketKeys::forgetOld(Time now) {
  while (!keys_.empty() && now - keys_.back().made >= kRotation + kLifetime) keys_.pop_back();
}

void TicketKeys::rotate() {
  const Time now = clock_();
  forgetOld(now);
  if (!keys_.empty() && now - keys_.front().made < kRotation) return;
  Key key;
  key.made = now;
  const auto fill = [](auto& bytes) {
    return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
  };
  if (RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) != 1 || !fill(key.cipher) ||
      !fill(key.mac)) {
    return;
  }
  keys_.push_front(key);
}

std::optional<TicketKeys::Key> TicketKeys::current() {
  const std::lock_guard lock(mutex_);
  rotate();
  if (keys_.empty()) return std::nullopt;
  return keys_.front();
}

std::optional<TicketKeys::Found> TicketKeys::find(std::span<const std::uint8_t, kNameSize> name) {
  const std::lock_guard lock(mutex_);
  rotate();
  for (const Key& key : keys_) {
    if (std::equal(name.begin(), name.end(), key.name.begin())) {
      return Found{key, &key == &keys_.front()};
    }
  }
  return std::nullopt;
}

std::vector<TicketKeys::Key> TicketKeys::all() const {
  const std::lock_guard lock(mutex_);
  return {keys_.begin(), keys_.end()};
}

void TicketKeys::adopt(std::span<const Key> keys) {
  const std::lock_guard lock(mutex_);
  const Time now = clock_();
  keys_.clear();
  for (const Key& key : keys.first(std::min(keys.size(), kMost))) {
    const bool isInOrder = keys_.empty() || key.made <= keys_.back().made;
    if (isInOrder && key.made <= now) keys_.push_back(key);
  }
  forgetOld(now);
}

}  // namespace skiff
