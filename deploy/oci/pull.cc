#include "deploy/oci/pull.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <utility>

#include "deploy/oci/artifact_source.h"

namespace skiff {
namespace {

/// One pull.
class Pull {
 public:
  Pull(const OciReference& reference, const PullOptions& options, BlobStore& store,
       const PullProgress& progress)
      : reference_(reference),
        options_(options),
        store_(store),
        progress_(progress),
        patience_(patienceOf(options)) {}

  OciResult<PullResult> run();

 private:
  /// A manifest as it was read, and whether the store has yet to get it.
  struct Loaded {
    OciManifest manifest;
    std::optional<FetchedManifest> fetched;
  };

  OciResult<void> resolve();
  /// `type`: the media type that is expected; empty if any is.
  OciResult<Loaded> load(const std::string& digest, std::string_view type);
  /// Its body in the store; nothing if it is not there, or damaged.
  OciResult<std::optional<std::string>> stored(const std::string& digest);
  OciResult<OciManifest> findManifest();
  OciResult<void> checkSizes(const OciManifest& manifest) const;
  OciResult<void> fetchAll(const OciManifest& manifest, const ArtifactPlan& plan);
  OciResult<void> fetch(const OciDescriptor& descriptor);
  OciResult<void> fetchSpinModule(const OciManifest& manifest, const OciDescriptor& application);
  OciResult<void> checkModule();
  OciResult<void> keepManifests();
  OciResult<ArtifactSource*> source();
  void pin(const std::string& digest);
  bool owns(const std::string& digest) const { return options_.owns && options_.owns(digest); }
  void report(PullStep step, std::uint64_t bytes) {
    if (progress_) progress_(step, bytes, total_);
  }
  OciError at(OciError error) const {
    return {error.kind, reference_.text() + " " + std::move(error.message)};
  }
  OciError at(const BlobError& error) const {
    return {
        error.kind == BlobError::Kind::full ? OciError::Kind::storeFull : OciError::Kind::storage,
        reference_.text() + " cannot be stored: " + error.message};
  }

  const OciReference& reference_;
  const PullOptions& options_;
  BlobStore& store_;
  const PullProgress& progress_;
  PullPatience patience_;
  std::optional<ArtifactSource> source_;  ///< made when it is needed
  std::vector<FetchedManifest> fetched_;  ///< manifests that the store gets at the end
  std::vector<std::shared_ptr<BlobStore::Pin>> pins_;
  PullResult result_;
  std::uint64_t total_ = 0;
};

OciResult<ArtifactSource*> Pull::source() {
  if (!source_) {
    auto opened = ArtifactSource::open(reference_, options_.config, options_.limits, patience_);
    if (opened.has_error()) return opened.error();
    source_ = *std::move(opened);
  }
  return &*source_;
}

void Pull::pin(const std::string& digest) {
  if (std::find(result_.blobs.begin(), result_.blobs.end(), digest) != result_.blobs.end()) return;
  result_.blobs.push_back(digest);
  pins_.push_back(store_.pin({digest}));
}

OciResult<void> Pull::resolve() {
  report(PullStep::resolve, 0);
  result_.digest = reference_.digest;
  if (!result_.digest.empty()) return {};
  const auto from = source();
  if (from.has_error()) return from.error();
  auto digest = (*from)->resolve(reference_.tag, {});
  if (digest.has_error()) return digest.error();
  result_.digest = digest->value_or("");
  return {};
}

OciResult<std::optional<std::string>> Pull::stored(const std::string& digest) {
  using Answer = std::optional<std::string>;
  if (!store_.has(digest)) return Answer();
  auto body = store_.read(digest, options_.limits.manifest);
  if (body.has_value()) return Answer(*std::move(body));
  // Damaged on the disk: it is fetched again.
  if (body.error().kind == BlobError::Kind::mismatch) return Answer();
  return at(body.error());
}

OciResult<Pull::Loaded> Pull::load(const std::string& digest, std::string_view type) {
  pin(digest);
  auto body = stored(digest);
  if (body.has_error()) return body.error();
  Loaded loaded;
  if (!*body || !owns(digest)) {
    const auto from = source();
    if (from.has_error()) return from.error();
    auto fetched = (*from)->manifest(digest);
    if (fetched.has_error()) return fetched.error();
    loaded.fetched = *std::move(fetched);
  }
  auto manifest = loaded.fetched ? parseManifest(loaded.fetched->body, loaded.fetched->mediaType)
                                 : parseManifest(**body, type);
  if (manifest.has_error()) {
    return at(
        OciError{OciError::Kind::protocol, "has a manifest that " + manifest.error().message});
  }
  if (!type.empty() && manifest->mediaType != type) {
    return at(OciError{OciError::Kind::protocol,
                       "is an index that announces its manifest as of another type"});
  }
  loaded.manifest = *std::move(manifest);
  return loaded;
}

OciResult<OciManifest> Pull::findManifest() {
  auto loaded = load(result_.digest, {});
  if (loaded.has_error()) return loaded.error();
  result_.manifest = result_.digest;
  if (loaded->fetched) fetched_.push_back(*std::move(loaded->fetched));
  if (loaded->manifest.kind == OciManifest::Kind::image) return std::move(loaded->manifest);
  const auto entry = selectManifest(loaded->manifest);
  if (entry.has_error()) return at(entry.error());
  result_.manifest = entry->digest;
  loaded = load(entry->digest, entry->mediaType);
  if (loaded.has_error()) return loaded.error();
  if (loaded->fetched) fetched_.push_back(*std::move(loaded->fetched));
  if (loaded->manifest.kind != OciManifest::Kind::image) {
    return at(OciError{OciError::Kind::unsupported,
                       "is an index of an index; skiff reads an index of manifests"});
  }
  return std::move(loaded->manifest);
}

OciResult<void> Pull::checkSizes(const OciManifest& manifest) const {
  const PullLimits& limits = options_.limits;
  const auto refuse = [&](const std::string& what, const std::string& most) {
    return at(OciError{OciError::Kind::tooLarge, what + "; the most is " + most});
  };
  if (manifest.entries.size() > limits.layers) {
    return refuse("has " + std::to_string(manifest.entries.size()) + " layers",
                  std::to_string(limits.layers));
  }
  if (manifest.config.size > limits.config.bytes()) {
    return refuse("has a config of " + ByteSize(manifest.config.size).text(), limits.config.text());
  }
  std::uint64_t left = limits.total.bytes() - std::min(limits.total.bytes(), manifest.config.size);
  for (const OciDescriptor& layer : manifest.entries) {
    if (layer.size > limits.layer.bytes()) {
      return refuse("has a layer of " + ByteSize(layer.size).text(), limits.layer.text());
    }
    if (layer.size > left) return refuse("is too large as a whole", limits.total.text());
    left -= layer.size;
  }
  return {};
}

OciResult<void> Pull::fetch(const OciDescriptor& descriptor) {
  pin(descriptor.digest);
  const std::uint64_t before = result_.bytes;
  bool isProven = owns(descriptor.digest);
  if (!store_.has(descriptor.digest)) {
    const auto from = source();
    if (from.has_error()) return from.error();
    // Waits for another pull of the same blob, which may then have brought it.
    const auto writer = store_.begin(descriptor.digest, descriptor.size);
    if (writer.has_error()) return at(writer.error());
    if (!store_.has(descriptor.digest)) {
      // One that another pull left complete is not asked for.
      isProven = isProven || (*writer)->size() < descriptor.size;
      const auto brought = (*from)->blob(descriptor, **writer, [&](std::uint64_t bytes) {
        report(PullStep::fetch, before + bytes);
      });
      if (brought.has_error()) return brought.error();
    }
  }
  if (!isProven) {
    const auto from = source();
    if (from.has_error()) return from.error();
    if (const auto there = (*from)->requireBlob(descriptor); there.has_error()) return there;
  }
  result_.bytes = before + descriptor.size;
  report(PullStep::fetch, result_.bytes);
  return {};
}

OciResult<void> Pull::fetchSpinModule(const OciManifest& manifest,
                                      const OciDescriptor& application) {
  if (application.size > options_.limits.config.bytes()) {
    return at(OciError{OciError::Kind::tooLarge, "has a Spin application's description of " +
                                                     ByteSize(application.size).text() +
                                                     "; the most is " +
                                                     options_.limits.config.text()});
  }
  if (application.digest != manifest.config.digest) {
    if (const auto fetched = fetch(application); fetched.has_error()) return fetched;
  }
  const auto text = store_.read(application.digest, options_.limits.config);
  if (text.has_error()) return at(text.error());
  const auto module = spinModule(*text, manifest);
  if (module.has_error()) return at(module.error());
  total_ += module->size;
  result_.module = module->digest;
  return fetch(*module);
}

OciResult<void> Pull::fetchAll(const OciManifest& manifest, const ArtifactPlan& plan) {
  std::vector<OciDescriptor> wanted{manifest.config};
  if (plan.module) wanted.push_back(*plan.module);
  std::set<std::string> seen{manifest.config.digest};
  for (const OciDescriptor& layer : plan.layers) {
    if (seen.insert(layer.digest).second) wanted.push_back(layer);
  }
  for (const OciDescriptor& blob : wanted) total_ += blob.size;
  const bool bringsApplication =
      plan.application && plan.application->digest != manifest.config.digest;
  if (bringsApplication) total_ += plan.application->size;
  report(PullStep::fetch, 0);
  for (const OciDescriptor& blob : wanted) {
    if (const auto fetched = fetch(blob); fetched.has_error()) return fetched;
  }
  if (plan.application) return fetchSpinModule(manifest, *plan.application);
  return {};
}

OciResult<void> Pull::checkModule() {
  const auto file = store_.file(result_.module);
  if (file.has_error()) return at(file.error());
  std::string head(8, '\0');
  std::ifstream stream(*file, std::ios::binary);
  stream.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(stream.gcount()));
  if (const auto checked = checkModuleHead(head); checked.has_error()) return at(checked.error());
  return {};
}

OciResult<void> Pull::keepManifests() {
  for (const FetchedManifest& fetched : fetched_) {
    const auto writer = store_.begin(fetched.digest, fetched.body.size());
    if (writer.has_error()) return at(writer.error());
    if (store_.has(fetched.digest)) continue;
    if (const auto begun = (*writer)->restart(); begun.has_error()) return at(begun.error());
    const auto written = (*writer)->write(std::as_bytes(std::span(fetched.body)));
    if (written.has_error()) return at(written.error());
    if (const auto kept = (*writer)->commit(); kept.has_error()) return at(kept.error());
  }
  return {};
}

OciResult<PullResult> Pull::run() {
  if (const auto resolved = resolve(); resolved.has_error()) return resolved.error();
  const auto manifest = findManifest();
  if (manifest.has_error()) return manifest.error();
  const auto plan = planArtifact(*manifest);
  if (plan.has_error()) return at(plan.error());
  if (const auto checked = checkSizes(*manifest); checked.has_error()) return checked.error();
  result_.layout = plan->layout;
  result_.config = manifest->config.digest;
  result_.configType = manifest->config.mediaType;
  result_.layers = plan->layers;
  if (plan->module) result_.module = plan->module->digest;
  if (const auto fetched = fetchAll(*manifest, *plan); fetched.has_error()) return fetched.error();
  if (!result_.module.empty()) {
    if (const auto checked = checkModule(); checked.has_error()) return checked.error();
  }
  if (const auto kept = keepManifests(); kept.has_error()) return kept.error();
  result_.pin = store_.pin(result_.blobs);
  return std::move(result_);
}

}  // namespace

PullPatience patienceOf(const PullOptions& options) {
  return {options.stop,
          std::min(options.deadline, std::chrono::steady_clock::now() + options.limits.time)};
}

OciResult<PullResult> pullArtifact(const OciReference& reference, const PullOptions& options,
                                   BlobStore& store, const PullProgress& progress) {
  return Pull(reference, options, store, progress).run();
}

OciResult<std::optional<std::string>> resolveTag(const OciReference& reference,
                                                 const PullOptions& options,
                                                 const std::string& known) {
  if (reference.tag.empty()) {
    return OciError{OciError::Kind::badReference,
                    reference.text() + " has no tag, so what it stands for never changes"};
  }
  auto source =
      ArtifactSource::open(reference, options.config, options.limits, patienceOf(options));
  if (source.has_error()) return source.error();
  return source->resolve(reference.tag, known);
}

}  // namespace skiff
