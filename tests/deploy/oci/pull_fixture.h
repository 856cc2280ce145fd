#pragma once

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>

#include "deploy/blobs/blob_store.h"
#include "deploy/oci/pull.h"
#include "tests/temporary_directory.h"

namespace skiff {

inline void PrintTo(OciError::Kind kind, std::ostream* out) {
  *out << ociErrorWord(kind);
}

inline void PrintTo(ArtifactLayout layout, std::ostream* out) {
  *out << layoutWord(layout);
}

}  // namespace skiff

namespace skiff::testing {

/// A store in a folder of its own.
class TemporaryStore {
 public:
  explicit TemporaryStore(ByteSize cap = 64_MiB) {
    auto opened = BlobStore::open(folder_.path() / "blobs", cap);
    if (opened.has_error()) throw std::runtime_error(opened.error().message);
    store_ = *std::move(opened);
  }

  BlobStore& operator*() const { return *store_; }
  BlobStore* operator->() const { return store_.get(); }

 private:
  TemporaryDirectory folder_;
  std::unique_ptr<BlobStore> store_;
};

/// Limits under which a test does not wait for what is not going to come.
inline PullLimits quickLimits() {
  PullLimits limits;
  limits.attempts = 3;
  limits.firstPause = std::chrono::milliseconds(1);
  limits.longestPause = std::chrono::milliseconds(4);
  return limits;
}

/// Options for one registry, which speaks plain HTTP.
inline PullOptions plainOptions(const std::string& registry) {
  PullOptions options;
  options.limits = quickLimits();
  options.config.registries[registry].plainHttp = true;
  return options;
}

/// The same for who has all of the store already.
inline PullOptions owning(PullOptions options) {
  options.owns = [](std::string_view) { return true; };
  return options;
}

inline OciReference referenceTo(const std::string& text) {
  auto reference = OciReference::parse(text);
  if (reference.has_error()) throw std::runtime_error(reference.error().message);
  return *std::move(reference);
}

inline OciResult<PullResult> pull(const std::string& text, const PullOptions& options,
                                  BlobStore& store) {
  return pullArtifact(referenceTo(text), options, store, {});
}

/// The error; of the kind `none` there is no value, so a success is told by its empty message.
template <class T>
OciError errorOf(const OciResult<T>& result) {
  return result.has_error() ? result.error() : OciError{OciError::Kind::protocol, ""};
}

}  // namespace skiff::testing
