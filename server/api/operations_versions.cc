#include <spdlog/spdlog.h>

#include <algorithm>

#include "deploy/catalog/messages.h"
#include "deploy/digest.h"
#include "server/api/json_io.h"
#include "server/api/operations.h"

namespace skiff {
namespace {

constexpr std::size_t kVersionName = 16;
constexpr std::size_t kLongestReference = 512;
constexpr std::size_t kDigestPrefix = std::string_view("sha256:").size();
constexpr std::size_t kMostVersions = 1'000;

std::string versionNameOf(std::string_view digest) {
  return std::string(digest.substr(digest.find(':') + 1, kVersionName));
}

ApiProblem problemOf(const ImageSource::Failure& failure) {
  switch (failure.kind) {
    case ImageSource::Failure::Kind::pull:
      return {ProblemCode::pullFailed, failure.message, {}, failure.reason};
    case ImageSource::Failure::Kind::module:
      return {ProblemCode::moduleRefused, failure.message};
    case ImageSource::Failure::Kind::signature:
      return {ProblemCode::signatureRequired, failure.message};
    case ImageSource::Failure::Kind::full:
      spdlog::warn("pull: {}", failure.message);
      return {ProblemCode::storageFull,
              "There is no room for the image: delete apps, or have the operator raise [deploy] "
              "blobs_max or make room below data_dir, as the log says."};
    case ImageSource::Failure::Kind::internal:
      break;
  }
  spdlog::error("pull: {}", failure.message);
  return {ProblemCode::internal, "The image could not be stored; see the operator's log."};
}

bool tell(const Operations::Progress& progress, std::string_view step, std::string_view detail) {
  return !progress || progress({.step = step, .detail = detail});
}

ApiProblem abandonedProblem() {
  return {ProblemCode::notReady, "The request was given up, or the daemon is ending; try again."};
}

}  // namespace

ApiResult<Operations::Loaded> Operations::loadFor(const std::string& tenant, const std::string& app,
                                                  const TenantSettings& owner) const {
  auto record = parts_.catalog.app(tenant, app);
  if (record.has_error()) return ::skiff::problemOf(record.error());
  return load(owner, *std::move(record));
}

ApiResult<Operations::NewVersion> Operations::uploadVersion(const Caller& caller,
                                                            const std::string& tenant,
                                                            const std::string& app,
                                                            std::string_view module,
                                                            const Progress& progress) {
  auto added = upload(caller, tenant, app, module, progress);
  tidySoon();  // nothing is pinned any more: what was refused goes
  return added;
}

ApiResult<Operations::NewVersion> Operations::upload(const Caller& caller,
                                                     const std::string& tenant,
                                                     const std::string& app,
                                                     std::string_view module,
                                                     const Progress& progress) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  const auto loaded = loadFor(tenant, app, *owner);
  if (loaded.has_error()) return loaded.error();
  if (owner->signatures.mode == SignaturePolicy::Mode::require) {
    return ApiProblem{ProblemCode::signatureRequired,
                      "The tenant's policy requires signatures, and an uploaded module has none: "
                      "push it to a registry, sign it there, and deploy the image."};
  }
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(module.data()),
                                            module.size());
  const std::string digest = sha256Digest(bytes);
  VersionRecord record;
  record.tenant = tenant;
  record.app = app;
  record.digest = digest;
  record.moduleDigest = digest;
  record.moduleSize = module.size();
  record.signatureDetail = owner->signatures.mode == SignaturePolicy::Mode::warn
                               ? "An uploaded module has no signature."
                               : "The tenant's policy is off.";
  record.signature = owner->signatures.mode == SignaturePolicy::Mode::warn
                         ? SignatureVerdict::missing
                         : SignatureVerdict::unchecked;
  record.blobs = {digest};
  const ContentBound bound{.sizes = {{digest, module.size()}},
                           .most = parts_.tenantBlobsMax.bytes()};
  const auto isThere = parts_.catalog.hasBlob(tenant, digest);
  if (isThere.has_error()) return ::skiff::problemOf(isThere.error());
  if (!*isThere) {
    if (auto room = requireRoom(record, bound); room.has_error()) return room.error();
  }
  // Pinned before it is there, so that no collection comes between.
  const auto pin = parts_.blobs.pin({digest});
  auto stored = parts_.blobs.put(std::as_bytes(bytes));
  if (stored.has_error() && stored.error().kind == BlobError::Kind::full) {
    tidy();
    stored = parts_.blobs.put(std::as_bytes(bytes));
  }
  if (stored.has_error()) return ::skiff::problemOf(stored.error());
  return addVersion(caller, std::move(record), *owner, *loaded, progress);
}

ImageSource::Access Operations::accessOf(const std::string& tenant,
                                         const TenantSettings& settings) const {
  const std::lock_guard lock(stopMutex_);
  return {.isOperator = false,
          .registries = settings.registries,
          .owns =
              [this, tenant](std::string_view digest) {
                const auto has = parts_.catalog.hasBlob(tenant, digest);
                return has.has_value() && *has;
              },
          .stop = stop_.get_token()};
}

ApiResult<Operations::NewVersion> Operations::pullVersion(const Caller& caller,
                                                          const std::string& tenant,
                                                          const std::string& app,
                                                          const std::string& image,
                                                          const Progress& progress) {
  return pull(caller, tenant, app, image, caller.isOperator(), progress);
}

ApiResult<Operations::NewVersion> Operations::pull(const Caller& caller, const std::string& tenant,
                                                   const std::string& app, const std::string& image,
                                                   bool asOperator, const Progress& progress) {
  auto added = pullPinned(caller, tenant, app, image, asOperator, progress);
  tidySoon();  // nothing is pinned any more: what was refused goes
  return added;
}

ApiResult<Operations::NewVersion> Operations::pullPinned(const Caller& caller,
                                                         const std::string& tenant,
                                                         const std::string& app,
                                                         const std::string& image, bool asOperator,
                                                         const Progress& progress) {
  if (auto writable = requireWritable(tenant); writable.has_error()) return writable.error();
  if (image.empty() || image.size() > kLongestReference) {
    return invalidProblem("image", "must be a reference such as \"registry.example/app:v1\".");
  }
  const auto owner = readTenant(tenant);
  if (owner.has_error()) return owner.error();
  const auto loaded = loadFor(tenant, app, *owner);
  if (loaded.has_error()) return loaded.error();
  if (!parts_.images) {
    return ApiProblem{ProblemCode::pullFailed,
                      "This daemon pulls no images: upload the module instead.",
                      {},
                      "unsupported"};
  }
  const auto watching = [&](const ImageSource::Progress& step) {
    return !cancelled_ && (!progress || progress(step));
  };
  ImageSource::Access access = accessOf(tenant, *owner);
  access.isOperator = asOperator;
  auto pulled = parts_.images->pull(image, access, owner->signatures, watching);
  if (pulled.has_error() && pulled.error().kind == ImageSource::Failure::Kind::full) {
    tidy();
    pulled = parts_.images->pull(image, access, owner->signatures, watching);
  }
  if (pulled.has_error()) return problemOf(pulled.error());
  VersionRecord record;
  record.tenant = tenant;
  record.app = app;
  record.digest = pulled->digest;
  record.moduleDigest = pulled->moduleDigest;
  record.moduleSize = pulled->moduleSize;
  record.tree = pulled->tree;
  record.reference = image;
  record.settings = pulled->settings;
  record.signature = pulled->signature;
  record.signatureDetail = pulled->signatureDetail;
  record.blobs = pulled->blobs;
  return addVersion(caller, std::move(record), *owner, *loaded, progress);
}

ApiResult<Operations::NewVersion> Operations::addVersion(const Caller& caller, VersionRecord record,
                                                         const TenantSettings& tenant,
                                                         const Loaded& app,
                                                         const Progress& progress) {
  record.version = versionNameOf(record.digest);
  record.createdBy = caller.actor;
  auto there = parts_.catalog.version(record.tenant, record.app, record.version);
  if (there.has_value() && there->digest == record.digest) {
    if (record.signature != SignatureVerdict::verified) {
      return NewVersion{*std::move(there), false, {}};
    }
    // It may have been signed since, or with a key that has taken another's place.
    auto signed_ = parts_.catalog.addVersion(caller.actor, std::move(record));
    if (signed_.has_error()) return ::skiff::problemOf(signed_.error());
    return NewVersion{std::move(signed_->record), signed_->created, {}};
  }
  if (there.has_value()) {
    return ApiProblem{ProblemCode::internal,
                      "Another version of the app has a digest that begins alike."};
  }
  const ContentBound bound = boundOf(record);
  if (auto room = requireRoom(record, bound); room.has_error()) return room.error();
  if (cancelled_ || !tell(progress, "prepare", record.version)) return abandonedProblem();
  const auto version = resolveVersion(record, tenant);
  if (version.has_error()) return version.error();
  const Loaded bare{.record = app.record,
                    .settings = app.settings,
                    .secrets = {},
                    .deployment = {},
                    .versions = {}};
  auto spec = resolve(tenant, bare, Unserved::leaveOut);
  if (spec.has_error()) return spec.error();
  // It is started once, as it would be when deployed.
  addSecrets(*spec, app.secrets);
  auto prepared = parts_.runtime.prepare(*spec, *version);
  if (prepared.has_error()) {
    const AppRuntime::Refusal refusal = prepared.error();
    return refusalProblem(caller, refusal);
  }
  record.abi = prepared->abi;
  auto added = parts_.catalog.addVersion(caller.actor, std::move(record), bound);
  if (added.has_error()) return ::skiff::problemOf(added.error());
  {
    const std::lock_guard lock(leftMutex_);
    toPrune_.emplace(added->record.tenant, added->record.app);
  }
  return NewVersion{std::move(added->record), added->created, std::move(prepared->notes)};
}

ContentBound Operations::boundOf(const VersionRecord& version) const {
  ContentBound bound{.sizes = {}, .most = parts_.tenantBlobsMax.bytes()};
  for (const std::string& digest : version.blobs) {
    bound.sizes.push_back({digest, parts_.blobs.sizeOf(digest)});
  }
  if (!version.tree.empty()) {
    bound.sizes.push_back({version.tree, parts_.blobs.sizeOf(version.tree)});
  }
  return bound;
}

ApiResult<void> Operations::requireRoom(const VersionRecord& version,
                                        const ContentBound& bound) const {
  auto bytes = parts_.catalog.contentBytes(version.tenant, bound.sizes);
  if (bytes.has_value() && *bytes > bound.most) {
    const auto pruned =
        parts_.catalog.pruneVersions("skiffd", version.tenant, version.app, parts_.versionsKept);
    if (pruned.has_error()) return ::skiff::problemOf(pruned.error());
    bytes = parts_.catalog.contentBytes(version.tenant, bound.sizes);
  }
  if (bytes.has_error()) return ::skiff::problemOf(bytes.error());
  if (*bytes <= bound.most) return {};
  return ::skiff::problemOf(noRoom(version.tenant, *bytes, bound.most));
}

ApiResult<VersionRecord> Operations::version(const std::string& tenant, const std::string& app,
                                             const std::string& name) const {
  auto exact = parts_.catalog.version(tenant, app, name);
  if (exact.has_value()) return *std::move(exact);
  if (exact.error().kind != CatalogError::Kind::notFound) {
    return ::skiff::problemOf(exact.error());
  }
  std::vector<SplitEntry> split{{name, 0}};
  auto found = findVersions(tenant, app, split);
  if (found.has_error()) return notFoundProblem();
  return std::move(found->front());
}

ApiResult<std::vector<VersionRecord>> Operations::versions(const std::string& tenant,
                                                           const std::string& app,
                                                           std::size_t limit) const {
  if (auto there = parts_.catalog.app(tenant, app); there.has_error()) {
    return ::skiff::problemOf(there.error());
  }
  auto records = parts_.catalog.versions(tenant, app, limit);
  if (records.has_error()) return ::skiff::problemOf(records.error());
  return *std::move(records);
}

ApiResult<std::vector<VersionRecord>> Operations::findVersions(
    const std::string& tenant, const std::string& app, std::vector<SplitEntry>& split) const {
  const auto all = parts_.catalog.versions(tenant, app, kMostVersions);
  if (all.has_error()) return ::skiff::problemOf(all.error());
  std::vector<VersionRecord> found;
  std::vector<KeyProblem> errors;
  for (std::size_t i = 0; i < split.size(); ++i) {
    const std::string key = "split[" + std::to_string(i) + "].version";
    std::vector<const VersionRecord*> alike;
    for (const VersionRecord& one : *all) {
      const std::string_view digest =
          std::string_view(one.digest).substr(std::min(kDigestPrefix, one.digest.size()));
      if (split[i].version.size() >= 4 && digest.starts_with(split[i].version)) {
        alike.push_back(&one);
      }
    }
    if (alike.size() != 1) {
      errors.push_back({key, alike.empty() ? "is no version of this app; list them, or add it."
                                           : "is the beginning of more than one version; write "
                                             "more of it."});
      continue;
    }
    const bool isTwice = std::any_of(found.begin(), found.end(), [&](const VersionRecord& one) {
      return one.version == alike.front()->version;
    });
    if (isTwice) {
      errors.push_back({key, "is in the split already; name each version once."});
      continue;
    }
    split[i].version = alike.front()->version;
    found.push_back(*alike.front());
  }
  if (!errors.empty()) return invalidProblem(std::move(errors));
  return found;
}

}  // namespace skiff
