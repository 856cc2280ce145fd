#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/result.h"
#include "config/signature_policy.h"
#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/records.h"

namespace skiff {

/// Where images come from: registries. Calls block for as long as registries take; any thread.
class ImageSource {
 public:
  struct Failure {
    enum class Kind : std::uint8_t {
      pull,       ///< `reason` says why
      module,     ///< what was pulled is nothing that can be served
      signature,  ///< the policy wants one, and there is none that is good
      full,       ///< the store of blobs
      internal,
    };
    Kind kind = Kind::pull;
    std::string reason;   ///< for `pull`: a fixed word
    std::string message;  ///< one sentence for whoever asked for the image
  };
  struct Progress {
    std::string_view step;  ///< "resolve", "pull", "verify", "unpack"
    std::string_view detail;
    std::uint64_t bytes = 0;
    std::uint64_t total = 0;  ///< 0: not known
  };
  /// What a version is made of; see VersionRecord. `pin` keeps it from being collected.
  struct Pulled {
    std::string digest;
    std::string moduleDigest;
    std::uint64_t moduleSize = 0;
    std::string tree;
    std::string settings;
    SignatureVerdict signature = SignatureVerdict::unchecked;
    std::string signatureDetail;
    std::vector<std::string> blobs;
    std::shared_ptr<BlobStore::Pin> pin;
  };

  /// On whose behalf an image is asked for, and what that allows. By default next to nothing: what
  /// anybody may have of public registries.
  struct Access {
    /// Any host, with the credentials of the configuration, and whatever is stored already.
    bool isOperator = false;
    /// Repositories that the credentials are for; see config/repository_pattern.h.
    std::vector<std::string> registries;
    /// Whether the blob is one that the tenant has already; empty: none is. Any thread.
    std::function<bool(std::string_view digest)> owns;
    /// Gives up.
    std::stop_token stop;
  };

  virtual ~ImageSource() = default;

  /// `progress` is called from this thread; false from it gives up.
  virtual Result<Pulled, Failure> pull(const std::string& reference, const Access& access,
                                       const SignaturePolicy& signatures,
                                       const std::function<bool(const Progress&)>& progress) = 0;
  /// The manifest's digest that a tag has now. Nothing if it is `known` still.
  virtual Result<std::optional<std::string>, Failure> resolve(const std::string& reference,
                                                              const Access& access,
                                                              const std::string& known) = 0;
};

}  // namespace skiff
