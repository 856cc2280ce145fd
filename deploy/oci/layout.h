#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/oci/error.h"
#include "deploy/oci/manifest.h"

namespace skiff {

/// How a module lies in an artifact: one for each tool that people push with.
enum class ArtifactLayout : std::uint8_t {
  wasm,       ///< CNCF's wasm artifact: one layer of application/wasm
  generic,    ///< the same with any other config, as oras pushes it
  wasmToOci,  ///< wasm-to-oci
  solo,       ///< solo.io's and Istio's
  image,      ///< a container image: layers of files, one of which is the module
  spin,       ///< a Spin application with one component
};

/// "wasm", "generic", "wasm-to-oci", "solo", "image", "spin".
std::string_view layoutWord(ArtifactLayout layout);

/// What of an artifact is to be fetched.
struct ArtifactPlan {
  ArtifactLayout layout = ArtifactLayout::wasm;
  std::optional<OciDescriptor> module;       ///< but of an image and a Spin application
  std::optional<OciDescriptor> application;  ///< of Spin: says which layer the module is
  std::vector<OciDescriptor> layers;         ///< of an image, the lowest first
};

/// Which manifest of an index to take: that for wasi/wasm, else wasip1/wasm, else the only one
/// (attestations of how it was built are none). The error is a reason only, of kind `unsupported`.
OciResult<OciDescriptor> selectManifest(const OciManifest& index);

/// The layout of an image manifest, by its media types. The error is a reason only, of kind
/// `unsupported`.
OciResult<ArtifactPlan> planArtifact(const OciManifest& manifest);

/// The layer of `manifest` that is the module of a Spin application, whose locked form `json` is:
/// that of its only component. The error is a reason only, of kind `unsupported` or `protocol`.
OciResult<OciDescriptor> spinModule(std::string_view json, const OciManifest& manifest);

/// Whether `head`, the first eight bytes, begins a core module. The error is a reason only, of kind
/// `unsupported`, and names a component as such.
OciResult<void> checkModuleHead(std::string_view head);

}  // namespace skiff
