#include "deploy/oci/layout.h"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>

#include "config/printable.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::string_view kWasmLayer = "application/wasm";
constexpr std::string_view kWasmConfig = "application/vnd.wasm.config.v0+json";
constexpr std::string_view kWasmToOciLayer = "application/vnd.wasm.content.layer.v1+wasm";
constexpr std::string_view kSoloLayer = "application/vnd.module.wasm.content.layer.v1+wasm";
constexpr std::string_view kSpinApplication = "application/vnd.fermyon.spin.application.v1+config";

constexpr std::array<std::string_view, 2> kImageConfigs{
    "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"};

constexpr std::array<std::string_view, 6> kImageLayers{
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd"};

/// What buildx puts beside an image in its index, to say how it was built.
constexpr std::string_view kReferenceType = "vnd.docker.reference.type";

OciError unsupported(std::string message) {
  return {OciError::Kind::unsupported, std::move(message)};
}

template <std::size_t N>
bool isOneOf(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

bool isModuleLayer(std::string_view mediaType) {
  return mediaType == kWasmLayer || mediaType == kWasmToOciLayer || mediaType == kSoloLayer;
}

/// REQUIRES: isModuleLayer(layer).
ArtifactLayout layoutOf(std::string_view layer, std::string_view config) {
  if (layer == kWasmToOciLayer) return ArtifactLayout::wasmToOci;
  if (layer == kSoloLayer) return ArtifactLayout::solo;
  return config == kWasmConfig ? ArtifactLayout::wasm : ArtifactLayout::generic;
}

/// The types that are there, for a message.
std::string typesOf(const std::vector<OciDescriptor>& entries) {
  constexpr std::size_t kMostNamed = 4;
  std::string text;
  for (std::size_t i = 0; i < entries.size() && i < kMostNamed; ++i) {
    text += (i > 0 ? ", " : "") + inQuotes(entries[i].mediaType);
  }
  if (entries.size() > kMostNamed) text += " and others";
  return text.empty() ? "none" : text;
}

OciResult<ArtifactPlan> planImage(const OciManifest& manifest) {
  ArtifactPlan plan;
  plan.layout = ArtifactLayout::image;
  for (const OciDescriptor& layer : manifest.entries) {
    if (!isOneOf(layer.mediaType, kImageLayers)) {
      return unsupported("is an image with a layer of the type " + inQuotes(layer.mediaType) +
                         "; layers are tar archives, plain or compressed with gzip or zstd");
    }
    plan.layers.push_back(layer);
  }
  if (plan.layers.empty()) return unsupported("is an image without layers, so without a module");
  return plan;
}

const json::array* listAt(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_array();
}

}  // namespace

std::string_view layoutWord(ArtifactLayout layout) {
  switch (layout) {
    case ArtifactLayout::wasm:
      return "wasm";
    case ArtifactLayout::generic:
      return "generic";
    case ArtifactLayout::wasmToOci:
      return "wasm-to-oci";
    case ArtifactLayout::solo:
      return "solo";
    case ArtifactLayout::image:
      return "image";
    case ArtifactLayout::spin:
      return "spin";
  }
  return "wasm";
}

OciResult<OciDescriptor> selectManifest(const OciManifest& index) {
  for (const std::string_view os : {"wasi", "wasip1"}) {
    for (const OciDescriptor& entry : index.entries) {
      if (entry.os == os && entry.architecture == "wasm") return entry;
    }
  }
  std::vector<OciDescriptor> entries;
  std::copy_if(index.entries.begin(), index.entries.end(), std::back_inserter(entries),
               [](const OciDescriptor& entry) { return entry.annotation(kReferenceType).empty(); });
  if (entries.size() == 1) return entries.front();
  std::string found;
  constexpr std::size_t kMostNamed = 8;
  for (std::size_t i = 0; i < entries.size() && i < kMostNamed; ++i) {
    found += (i > 0 ? ", " : "") + printable(entries[i].os + "/" + entries[i].architecture);
  }
  return unsupported("is an index without an entry for wasi/wasm or wasip1/wasm; it has " +
                     (found.empty() ? "none" : found) + ": build the image for wasi/wasm");
}

OciResult<ArtifactPlan> planArtifact(const OciManifest& manifest) {
  const auto application =
      std::find_if(manifest.entries.begin(), manifest.entries.end(),
                   [](const OciDescriptor& layer) { return layer.mediaType == kSpinApplication; });
  ArtifactPlan plan;
  if (application != manifest.entries.end() || manifest.config.mediaType == kSpinApplication) {
    plan.layout = ArtifactLayout::spin;
    plan.application = application == manifest.entries.end() ? manifest.config : *application;
    return plan;
  }
  const auto modules =
      std::count_if(manifest.entries.begin(), manifest.entries.end(),
                    [](const OciDescriptor& layer) { return isModuleLayer(layer.mediaType); });
  if (modules == 1 && manifest.entries.size() == 1) {
    plan.module = manifest.entries.front();
    plan.layout = layoutOf(plan.module->mediaType, manifest.config.mediaType);
    return plan;
  }
  if (modules > 0) {
    return unsupported("has " + std::to_string(manifest.entries.size()) + " layers (" +
                       typesOf(manifest.entries) + "), where a module is one layer alone");
  }
  if (isOneOf(manifest.config.mediaType, kImageConfigs)) return planImage(manifest);
  return unsupported("is no layout that skiff knows: its config is " +
                     inQuotes(manifest.config.mediaType) + ", its layers are " +
                     typesOf(manifest.entries) +
                     "; push the module as one layer of application/wasm");
}

OciResult<OciDescriptor> spinModule(std::string_view text, const OciManifest& manifest) {
  const auto malformed = [](std::string_view what) {
    return OciError{OciError::Kind::protocol,
                    "is a Spin application whose description " + std::string(what)};
  };
  boost::system::error_code error;
  const json::value document = json::parse({text.data(), text.size()}, error);
  const json::object* const object = document.if_object();
  if (error || object == nullptr) return malformed("is no JSON object");
  const json::array* const components = listAt(*object, "components");
  if (components == nullptr) return malformed("has no list of components");
  if (components->size() != 1) {
    return unsupported("is a Spin application with " + std::to_string(components->size()) +
                       " components; skiff takes one that has a single one");
  }
  const json::object* const component = components->front().if_object();
  if (component == nullptr) return malformed("has a component that is no object");
  if (const json::array* const files = listAt(*component, "files"); files && !files->empty()) {
    return unsupported(
        "is a Spin application whose component brings files, which skiff would leave out; build "
        "an image instead");
  }
  const json::value* const digest = document.find_pointer("/components/0/source/digest", error);
  if (digest == nullptr || !digest->is_string())
    return malformed("names no digest for its component");
  const std::string_view wanted(digest->get_string().data(), digest->get_string().size());
  for (const OciDescriptor& layer : manifest.entries) {
    if (layer.digest == wanted) return layer;
  }
  return malformed("names a module that is not among the layers");
}

OciResult<void> checkModuleHead(std::string_view head) {
  constexpr std::string_view kCore("\0asm\1\0\0\0", 8);
  constexpr std::string_view kComponent("\0asm\x0d\0\1\0", 8);
  if (head == kCore) return {};
  if (head == kComponent) {
    return unsupported(
        "is a WebAssembly component; skiff runs core modules: build it for wasm32-wasip1");
  }
  if (head.starts_with(kCore.substr(0, 4))) {
    return unsupported("is WebAssembly of an unknown version; skiff runs core modules, version 1");
  }
  return unsupported("is no WebAssembly: it does not begin with \\0asm");
}

}  // namespace skiff
