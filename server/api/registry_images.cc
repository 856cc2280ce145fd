#include "server/api/registry_images.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <span>
#include <utility>

#include "config/regular_file.h"
#include "config/repository_pattern.h"
#include "deploy/digest.h"
#include "deploy/image/image_config.h"
#include "deploy/image/unpack_image.h"
#include "deploy/oci/pull.h"
#include "server/api/image_signatures.h"

namespace skiff {
namespace {

namespace json = boost::json;

using Failure = ImageSource::Failure;

/// To ask what a tag stands for: one small answer.
constexpr std::chrono::seconds kResolveTime{30};

Failure failureOf(const OciError& error) {
  switch (error.kind) {
    case OciError::Kind::storeFull:
      return {Failure::Kind::full, {}, error.message};
    case OciError::Kind::storage:
      return {Failure::Kind::internal, {}, error.message};
    case OciError::Kind::unsupported:
      return {Failure::Kind::module, {}, error.message};
    default:
      return {Failure::Kind::pull, std::string(ociErrorWord(error.kind)), error.message};
  }
}

Failure failureOf(const ImageError& error) {
  switch (error.kind) {
    case ImageError::Kind::full:
      return {Failure::Kind::full, {}, error.message};
    case ImageError::Kind::storage:
    case ImageError::Kind::blob:
      return {Failure::Kind::internal, {}, error.message};
    default:
      return {Failure::Kind::module, {}, error.message};
  }
}

Failure failureOf(const BlobError& error) {
  return {error.kind == BlobError::Kind::full ? Failure::Kind::full : Failure::Kind::internal,
          {},
          error.message};
}

Failure cancelledFailure() {
  return {Failure::Kind::pull, std::string(ociErrorWord(OciError::Kind::cancelled)),
          "The pull was given up."};
}

/// The same registries, asked as anybody asks them.
OciConfig withoutCredentials(OciConfig config) {
  for (auto& [name, settings] : config.registries) {
    settings.username.clear();
    settings.passwordFile.reset();
  }
  return config;
}

bool mayUseCredentials(const OciReference& reference, const ImageSource::Access& access) {
  return access.isOperator ||
         std::any_of(access.registries.begin(), access.registries.end(),
                     [&](const std::string& pattern) {
                       return coversRepository(pattern, reference.registry, reference.repository);
                     });
}

/// What VersionRecord keeps of an image's config.
std::string settingsText(const ImageConfig& config, const ImageModule& module) {
  json::array environment;
  for (const auto& [name, value] : config.environment) {
    environment.push_back(json::array{name, value});
  }
  return json::serialize(
      json::object{{"args", json::array(module.arguments.begin(), module.arguments.end())},
                   {"env", std::move(environment)},
                   {"working_dir", config.workingFolder}});
}

}  // namespace

PullOptions RegistryImages::optionsFor(const OciReference& reference, const Access& access) const {
  PullOptions options;
  options.config = registries_();
  if (!mayUseCredentials(reference, access)) {
    options.config = withoutCredentials(std::move(options.config));
  }
  options.limits.layer = deploy_.layerMax;
  options.limits.total = std::max(options.limits.total, deploy_.layerMax);
  options.limits.time = deploy_.pullTimeout;
  options.limits.privateHosts = access.isOperator;
  options.stop = access.stop;
  options.deadline = std::chrono::steady_clock::now() + deploy_.pullTimeout;
  options.owns = access.owns;
  if (access.isOperator) options.owns = [](std::string_view) { return true; };
  return options;
}

Result<ImageSource::Pulled, ImageSource::Failure> RegistryImages::pull(
    const std::string& text, const Access& access, const SignaturePolicy& signatures,
    const std::function<bool(const Progress&)>& progress) {
  const auto reference = OciReference::parse(text);
  if (reference.has_error()) return failureOf(reference.error());
  std::stop_source stop;
  const std::stop_callback link(access.stop, [&] { stop.request_stop(); });
  const auto tell = [&](const Progress& step) {
    if (!progress(step)) stop.request_stop();
    return !stop.stop_requested();
  };
  PullOptions options = optionsFor(*reference, access);
  options.stop = stop.get_token();
  auto fetched = pullArtifact(*reference, options, blobs_,
                              [&](PullStep step, std::uint64_t bytes, std::uint64_t total) {
                                tell({.step = step == PullStep::resolve ? "resolve" : "pull",
                                      .detail = reference->registry + "/" + reference->repository,
                                      .bytes = bytes,
                                      .total = total});
                              });
  if (fetched.has_error()) return failureOf(fetched.error());

  if (!tell({.step = "verify", .detail = fetched->digest})) return cancelledFailure();
  const auto verdict = verifyImage(*reference, fetched->digest, signatures, options);
  if (verdict.has_error()) return failureOf(verdict.error());
  if (const auto allowed = enforce(signatures, *verdict); allowed.has_error()) {
    return Failure{Failure::Kind::signature, {}, allowed.error().message};
  }
  Pulled pulled{.digest = fetched->digest,
                .moduleDigest = fetched->module,
                .moduleSize = 0,
                .tree = {},
                .settings = {},
                .signature = verdict->verdict,
                .signatureDetail = verdict->detail,
                .blobs = fetched->blobs,
                .pin = fetched->pin};
  if (fetched->layout == ArtifactLayout::image) {
    if (!tell({.step = "unpack", .detail = fetched->manifest})) return cancelledFailure();
    if (auto unpacked = unpack(*fetched, pulled); unpacked.has_error()) return unpacked.error();
  }
  const auto file = blobs_.file(pulled.moduleDigest);
  if (file.has_error()) return failureOf(file.error());
  std::error_code unknown;
  pulled.moduleSize = std::filesystem::file_size(*file, unknown);
  return pulled;
}

Result<void, ImageSource::Failure> RegistryImages::unpack(const PullResult& fetched,
                                                          Pulled& pulled) {
  const auto text = blobs_.read(fetched.config, ImageConfig::kMostBytes);
  if (text.has_error()) return failureOf(text.error());
  const auto config = ImageConfig::parse(*text);
  if (config.has_error()) return failureOf(config.error());
  std::vector<ImageLayer> layers;
  for (const OciDescriptor& layer : fetched.layers) {
    layers.push_back({layer.digest, layer.mediaType});
  }
  pulled.tree = treeNameOf(layers);
  std::vector<std::string> names = fetched.blobs;
  names.push_back(pulled.tree);
  auto pin = blobs_.pin(names);
  ImageLimits limits;
  limits.total = deploy_.unpackedMax;
  const auto tree = unpackImage(blobs_, layers, limits, pulled.tree);
  if (tree.has_error()) return failureOf(tree.error());
  const auto module = findModule(*config, tree->folder);
  if (module.has_error()) return failureOf(module.error());
  const auto bytes = readRegularFile(module->file, deploy_.layerMax);
  if (bytes.has_error()) {
    return Failure{Failure::Kind::module, {}, module->path + " " + bytes.error().message + "."};
  }
  // A blob of its own, as other modules are.
  pulled.moduleDigest = sha256Digest(*bytes);
  names.push_back(pulled.moduleDigest);
  pulled.pin = blobs_.pin(names);
  const auto stored = blobs_.put(std::as_bytes(std::span(*bytes)));
  if (stored.has_error()) return failureOf(stored.error());
  pulled.blobs.push_back(pulled.moduleDigest);
  pulled.settings = settingsText(*config, *module);
  return {};
}

Result<std::optional<std::string>, ImageSource::Failure> RegistryImages::resolve(
    const std::string& text, const Access& access, const std::string& known) {
  const auto reference = OciReference::parse(text);
  if (reference.has_error()) return failureOf(reference.error());
  PullOptions options = optionsFor(*reference, access);
  options.limits.time = kResolveTime;
  auto digest = resolveTag(*reference, options, known);
  if (digest.has_error()) return failureOf(digest.error());
  return *std::move(digest);
}

}  // namespace skiff
