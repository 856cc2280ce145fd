#pragma once

#include <functional>
#include <string>

#include "server/api/image_source.h"

namespace skiff::testing {

/// A registry that has what it is told.
class ScriptedImages final : public ImageSource {
 public:
  Result<Pulled, Failure> pull(const std::string& reference, const SignaturePolicy& signatures,
                               const std::function<bool(const Progress&)>& progress) override {
    return pulling(reference, signatures, progress);
  }
  Result<std::optional<std::string>, Failure> resolve(const std::string& reference,
                                                      const std::string& known) override {
    return resolving(reference, known);
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
};

}  // namespace skiff::testing
