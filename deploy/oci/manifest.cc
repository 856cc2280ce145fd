#include "deploy/oci/manifest.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <optional>

#include "config/printable.h"
#include "deploy/oci/content_digest.h"

namespace skiff {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostEntries = 4'096;
constexpr std::size_t kLongestMediaType = 255;  // RFC 6838, section 4.2
constexpr std::int64_t kSchemaVersion = 2;

/// Empty if it is not there, or no string.
std::string text(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains({key.data(), key.size()});
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

const json::object* objectAt(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_object();
}

Result<OciDescriptor> readDescriptor(const json::value* value, std::string_view where) {
  const auto refuse = [&](std::string_view what) {
    return Error{"has " + std::string(where) + " " + std::string(what)};
  };
  const json::object* const object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return refuse("that is missing or no object");
  OciDescriptor descriptor;
  descriptor.mediaType = text(*object, "mediaType");
  descriptor.digest = text(*object, "digest");
  descriptor.artifactType = text(*object, "artifactType");
  if (!isDigest(descriptor.digest)) return refuse("without a sha256 or sha512 digest");
  if (descriptor.mediaType.empty() || descriptor.mediaType.size() > kLongestMediaType) {
    return refuse("without a proper mediaType");
  }
  const json::value* const size = object->if_contains("size");
  boost::system::error_code error;
  const auto bytes = size == nullptr ? std::int64_t{-1} : size->to_number<std::int64_t>(error);
  if (error || bytes < 0) return refuse("without a proper size");
  descriptor.size = static_cast<std::uint64_t>(bytes);
  if (const json::object* const platform = objectAt(*object, "platform")) {
    descriptor.os = text(*platform, "os");
    descriptor.architecture = text(*platform, "architecture");
  }
  if (const json::object* const annotations = objectAt(*object, "annotations")) {
    for (const auto& [key, content] : *annotations) {
      if (!content.is_string()) continue;
      descriptor.annotations.emplace_back(
          std::string(key.data(), key.size()),
          std::string(content.get_string().data(), content.get_string().size()));
    }
  }
  return descriptor;
}

Result<std::vector<OciDescriptor>> readEntries(const json::object& object, std::string_view key,
                                               std::string_view where) {
  const json::value* const value = object.if_contains({key.data(), key.size()});
  const json::array* const list = value == nullptr ? nullptr : value->if_array();
  if (list == nullptr) return Error{"has no list \"" + std::string(key) + "\""};
  if (list->size() > kMostEntries) {
    return Error{"has more than " + std::to_string(kMostEntries) + " entries in \"" +
                 std::string(key) + "\""};
  }
  std::vector<OciDescriptor> entries;
  for (const json::value& entry : *list) {
    auto descriptor = readDescriptor(&entry, where);
    if (descriptor.has_error()) return descriptor.error();
    entries.push_back(*std::move(descriptor));
  }
  return entries;
}

/// What the media type stands for; nothing if it is not one of the four.
std::optional<OciManifest::Kind> kindOf(std::string_view mediaType) {
  if (mediaType == kOciManifestType || mediaType == kDockerManifestType)
    return OciManifest::Kind::image;
  if (mediaType == kOciIndexType || mediaType == kDockerListType) return OciManifest::Kind::index;
  return std::nullopt;
}

}  // namespace

std::string_view OciDescriptor::annotation(std::string_view name) const {
  for (const auto& [key, value] : annotations) {
    if (key == name) return value;
  }
  return {};
}

std::string mediaTypeOf(std::string_view contentType) {
  contentType = contentType.substr(0, contentType.find(';'));
  while (contentType.ends_with(' ') || contentType.ends_with('\t')) contentType.remove_suffix(1);
  std::string lower(contentType);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return lower;
}

Result<OciManifest> parseManifest(std::string_view body, std::string_view contentType) {
  boost::system::error_code error;
  const json::value document = json::parse({body.data(), body.size()}, error);
  const json::object* const object = document.if_object();
  if (error || object == nullptr) return Error{"is no JSON object"};
  OciManifest manifest;
  manifest.mediaType = mediaTypeOf(contentType);
  const std::string own = text(*object, "mediaType");
  if (manifest.mediaType.empty()) manifest.mediaType = own;
  if (!own.empty() && own != manifest.mediaType) {
    return Error{"says that it is " + inQuotes(own) + ", but came as " +
                 inQuotes(manifest.mediaType)};
  }
  const bool hasManifests = object->contains("manifests");
  if (hasManifests && (object->contains("layers") || object->contains("config"))) {
    return Error{"could be an image as well as an index"};
  }
  if (manifest.mediaType.empty()) {
    manifest.mediaType = hasManifests ? kOciIndexType : kOciManifestType;
  }
  const auto kind = kindOf(manifest.mediaType);
  if (!kind) {
    return Error{"is of the type " + inQuotes(manifest.mediaType) +
                 ", which skiff does not read; it reads OCI's manifests and Docker's schema 2"};
  }
  const json::value* const version = object->if_contains("schemaVersion");
  boost::system::error_code notNumber;
  if (version == nullptr || version->to_number<std::int64_t>(notNumber) != kSchemaVersion) {
    return Error{"is not of schemaVersion 2"};
  }
  manifest.kind = *kind;
  manifest.artifactType = text(*object, "artifactType");
  auto entries = *kind == OciManifest::Kind::index ? readEntries(*object, "manifests", "an entry")
                                                   : readEntries(*object, "layers", "a layer");
  if (entries.has_error()) return entries.error();
  manifest.entries = *std::move(entries);
  if (*kind == OciManifest::Kind::image) {
    auto config = readDescriptor(object->if_contains("config"), "a config");
    if (config.has_error()) return config.error();
    manifest.config = *std::move(config);
  }
  return manifest;
}

}  // namespace skiff
