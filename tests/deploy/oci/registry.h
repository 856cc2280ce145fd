#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/process.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {

/// How a registry is set up. Each string is YAML for its part of the configuration, or empty.
struct RegistrySetup {
  std::string http;        ///< below `http`, indented by two: "  tls: {…}"
  std::string auth;        ///< the whole of `auth`
  std::string middleware;  ///< the whole of `middleware`
  std::string proxy;       ///< the whole of `proxy`
};

/// Debian's docker-registry on a free port of 127.0.0.1, with a storage of its own; ended, and its
/// storage removed, with the object. Listens when the constructor is back; throws if it does not.
class Registry {
 public:
  explicit Registry(const RegistrySetup& setup = {});

  /// "127.0.0.1:PORT"
  const std::string& name() const { return name_; }
  std::uint16_t port() const { return port_; }
  const std::filesystem::path& storage() const { return storage_; }
  /// Ends it; its port refuses connections from then on.
  void stop();
  /// What it has logged: a line for each request, soon after its answer.
  std::string log() const;
  /// Waits for a line of a request with that text; empty if none came.
  std::string waitForLog(std::string_view part) const;

 private:
  TemporaryDirectory folder_;
  std::filesystem::path storage_;
  std::uint16_t port_ = 0;
  std::string name_;
  std::unique_ptr<e2e::Process> process_;
};

/// A port of 127.0.0.1 on which nobody listens.
std::uint16_t freePort();

/// A descriptor's parts beside digest and size, and its content.
struct LayerContent {
  std::string mediaType;
  std::string content;
  std::string annotations;  ///< a JSON object, or empty
};

/// An OCI layout directory (image-spec, image-layout.md) that a test fills and pushes.
class OciLayout {
 public:
  OciLayout();

  /// Gives the digest.
  std::string addBlob(std::string_view content);
  /// A manifest and its blobs; gives its descriptor as JSON. `extra`: further members, such as
  /// "\"artifactType\": \"a/b\"".
  std::string addManifest(const LayerContent& config, const std::vector<LayerContent>& layers,
                          const std::string& extra = {}, const std::string& platform = {});
  /// An index of such descriptors; gives its descriptor.
  std::string addIndex(const std::vector<std::string>& descriptors);
  /// What `tag` stands for.
  void tag(const std::string& name, const std::string& descriptor);

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  void writeIndex() const;

  TemporaryDirectory folder_;
  std::vector<std::string> tagged_;
};

/// The digest that a descriptor holds.
std::string digestIn(const std::string& descriptor);

/// Copies `layout`'s tag to "registry/repository:tag" with skopeo; `options` are skopeo's. Throws
/// with its output if it fails.
void push(const OciLayout& layout, const std::string& tag, const std::string& target,
          const std::vector<std::string>& options = {});

/// A module that does nothing, and no two of the same `mark` alike: a custom section holds it.
std::string coreModule(std::string_view mark);
/// An empty component.
std::string component();

}  // namespace skiff::testing
