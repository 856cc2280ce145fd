#pragma once

#include <functional>
#include <mutex>
#include <string>

#include "server/api/image_source.h"

namespace skiff::testing {

/// A registry that has what it is told.
class ScriptedImages final : public ImageSource {
 public:
  Result<Pulled, Failure> pull(const std::string& reference, const Access& access,
                               const SignaturePolicy& signatures,
                               const std::function<bool(const Progress&)>& progress) override {
    remember(access);
    return pulling(reference, signatures, progress);
  }
  Result<std::optional<std::string>, Failure> resolve(const std::string& reference,
                                                      const Access& access,
                                                      const std::string& known) override {
    remember(access);
    return resolving(reference, known);
  }

  /// On whose behalf it was asked last. Any thread.
  Access lastAccess() const {
    const std::lock_guard lock(mutex_);
    return lastAccess_;
  }

  static Failure noSuchImage() {
    return {Failure::Kind::pull, "manifest_unknown", "There is no such image; check the tag."};
  }

  std::function<Result<Pulled, Failure>(const std::string&, const SignaturePolicy&,
                                        const std::function<bool(const Progress&)>&)>
      pulling = [](const auto&, const auto&, const auto&) -> Result<Pulled, Failure> {
    return noSuchImage();
  };
  std::function<Result<std::optional<std::string>, Failure>(const std::string&, const std::string&)>
      resolving = [](const auto&, const auto&) -> Result<std::optional<std::string>, Failure> {
    return noSuchImage();
  };

 private:
  void remember(const Access& access) {
    const std::lock_guard lock(mutex_);
    lastAccess_ = access;
  }

  mutable std::mutex mutex_;
  Access lastAccess_;
};

}  // namespace skiff::testing
