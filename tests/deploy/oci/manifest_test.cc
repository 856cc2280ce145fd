#include "deploy/oci/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "deploy/oci/layout.h"

namespace skiff {
namespace {

using ::testing::HasSubstr;

const std::string kDigest = "sha256:" + std::string(64, 'a');
const std::string kConfig =
    R"("config":{"mediaType":"c/d","digest":")" + kDigest + R"(","size":2})";

std::string layer(const std::string& mediaType, const std::string& more = {}) {
  return R"({"mediaType":")" + mediaType + R"(","digest":")" + kDigest + R"(","size":7)" + more +
         "}";
}

std::string image(const std::string& layers, const std::string& more = {}) {
  return R"({"schemaVersion":2,)" + kConfig + R"(,"layers":[)" + layers + "]" + more + "}";
}

std::string index(const std::string& entries) {
  return R"({"schemaVersion":2,"manifests":[)" + entries + "]}";
}

TEST(Manifest, AnImagesPartsAreRead) {
  const auto manifest = parseManifest(
      image(layer("a/b", R"(,"annotations":{"k":"v","n":1})"), R"(,"artifactType":"x/y")"),
      kOciManifestType);
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->kind, OciManifest::Kind::image);
  EXPECT_EQ(manifest->artifactType, "x/y");
  EXPECT_EQ(manifest->config.mediaType, "c/d");
  EXPECT_EQ(manifest->config.size, 2);
  ASSERT_EQ(manifest->entries.size(), 1);
  EXPECT_EQ(manifest->entries[0].digest, kDigest);
  EXPECT_EQ(manifest->entries[0].annotation("k"), "v");
  EXPECT_EQ(manifest->entries[0].annotation("n"), "");
}

TEST(Manifest, ItsTypeIsWhatItSaysOrWhatItCameAsOrWhatItLooksLike) {
  for (const auto& [type, kind] : {std::pair{kOciManifestType, OciManifest::Kind::image},
                                   std::pair{kDockerManifestType, OciManifest::Kind::image},
                                   std::pair{kOciIndexType, OciManifest::Kind::index},
                                   std::pair{kDockerListType, OciManifest::Kind::index}}) {
    std::string body = kind == OciManifest::Kind::image ? image("") : index("");
    EXPECT_EQ(parseManifest(body, type)->kind, kind);
    body.insert(1, "\"mediaType\":\"" + std::string(type) + "\",");
    EXPECT_EQ(parseManifest(body, "")->mediaType, type);
    EXPECT_EQ(parseManifest(body, std::string(type) + "; charset=utf-8")->mediaType, type);
  }
  EXPECT_EQ(parseManifest(image(""), "")->mediaType, kOciManifestType);
  EXPECT_EQ(parseManifest(index(""), "")->mediaType, kOciIndexType);
}

TEST(Manifest, WhatIsNoneIsRefusedWithItsReason) {
  const std::string typed = R"({"schemaVersion":2,"mediaType":")" + std::string(kOciManifestType) +
                            R"(",)" + kConfig + R"(,"layers":[]})";
  std::string negative = image(layer("a/b"));
  negative.replace(negative.find("\"size\":7"), 8, "\"size\":-7");
  std::string many;
  for (int i = 0; i < 4'097; ++i) many += (i > 0 ? "," : "") + layer("a/b");
  const std::tuple<std::string, std::string, std::string> cases[] = {
      {"", "", "no JSON object"},
      {"[]", "", "no JSON object"},
      {std::string(100'000, '['), "", "no JSON object"},
      {typed, std::string(kDockerManifestType), "but came as"},
      {image("", R"(,"manifests":[])"), "", "an image as well as an index"},
      {image(""), "application/vnd.docker.distribution.manifest.v1+prettyjws", "does not read"},
      {"{" + kConfig + R"(,"layers":[]})", "", "schemaVersion"},
      {R"({"schemaVersion":2,"layers":[]})", "", "a config that is missing"},
      {R"({"schemaVersion":2,)" + kConfig + "}", "", "no list \"layers\""},
      {image("1"), "", "a layer that is missing or no object"},
      {image(R"({"mediaType":"a/b","size":1})"), "", "without a sha256 or sha512 digest"},
      {image(R"({"mediaType":"a/b","digest":"sha256:..","size":1})"), "", "digest"},
      {image(R"({"digest":")" + kDigest + R"(","size":1})"), "", "without a proper mediaType"},
      {image(layer(std::string(256, 'a'))), "", "without a proper mediaType"},
      {image(R"({"mediaType":"a/b","digest":")" + kDigest + "\"}"), "", "without a proper size"},
      {negative, "", "without a proper size"},
      {image(many), "", "more than 4096 entries"},
  };
  for (const auto& [body, type, reason] : cases) {
    const auto manifest = parseManifest(body, type);
    ASSERT_TRUE(manifest.has_error()) << body.substr(0, 200);
    EXPECT_THAT(manifest.error().message, HasSubstr(reason)) << body.substr(0, 200);
  }
}

OciManifest imageOf(const std::string& config, const std::vector<std::string>& layers) {
  OciManifest manifest;
  manifest.config = {config, kDigest, 2, "", {}, "", ""};
  for (const std::string& type : layers) {
    manifest.entries.push_back({type, kDigest, 7, "", {}, "", ""});
  }
  return manifest;
}

TEST(Layout, WhatHasNoModuleThatCanBeToldIsRefusedByName) {
  constexpr const char* kImage = "application/vnd.oci.image.config.v1+json";
  const std::tuple<OciManifest, std::string> cases[] = {
      {imageOf("application/vnd.acme+json", {"text/plain"}), "is no layout that skiff knows"},
      {imageOf("application/vnd.acme+json", {}), "its layers are none"},
      {imageOf(kImage, {}), "an image without layers"},
      {imageOf(kImage, {"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"}),
       "with a layer of the type"},
      {imageOf("application/vnd.wasm.config.v0+json", {"application/wasm", "application/wasm"}),
       "has 2 layers"},
      {imageOf(kImage, {"application/wasm", "application/vnd.oci.image.layer.v1.tar"}),
       "has 2 layers"},
  };
  for (const auto& [manifest, reason] : cases) {
    const auto plan = planArtifact(manifest);
    ASSERT_TRUE(plan.has_error()) << reason;
    EXPECT_EQ(plan.error().kind, OciError::Kind::unsupported);
    EXPECT_THAT(plan.error().message, HasSubstr(reason));
  }
}

OciDescriptor entryFor(const std::string& os, const std::string& architecture) {
  return {std::string(kOciManifestType), kDigest, 7, "", {}, os, architecture};
}

TEST(Layout, AnIndexPrefersWasiThenWasip1ThenItsOnlyEntry) {
  OciManifest index;
  index.entries = {entryFor("linux", "amd64"), entryFor("wasip1", "wasm"),
                   entryFor("wasi", "wasm")};
  EXPECT_EQ(selectManifest(index)->os, "wasi");
  index.entries.pop_back();
  EXPECT_EQ(selectManifest(index)->os, "wasip1");
  index.entries = {entryFor("linux", "amd64")};
  EXPECT_EQ(selectManifest(index)->os, "linux");
  OciDescriptor attestation = entryFor("unknown", "unknown");
  attestation.annotations = {{"vnd.docker.reference.type", "attestation-manifest"}};
  index.entries.push_back(attestation);
  EXPECT_EQ(selectManifest(index)->os, "linux");
  index.entries.push_back(entryFor("linux", "arm64"));
  EXPECT_THAT(selectManifest(index).error().message, HasSubstr("it has linux/amd64, linux/arm64"));
  index.entries.clear();
  EXPECT_EQ(selectManifest(index).error().kind, OciError::Kind::unsupported);
}

TEST(Layout, ASpinApplicationsModuleIsThatOfItsOnlyComponent) {
  const OciManifest manifest = imageOf("c/d", {"a/b"});
  const std::string source = R"("source":{"digest":")" + kDigest + "\"}";
  EXPECT_EQ(spinModule(R"({"components":[{)" + source + "}]}", manifest)->digest, kDigest);
  EXPECT_EQ(spinModule(R"({"components":[{"files":[],)" + source + "}]}", manifest)->digest,
            kDigest);
  const std::tuple<std::string, std::string> cases[] = {
      {"", "is no JSON object"},
      {"{}", "has no list of components"},
      {R"({"components":[]})", "with 0 components"},
      {R"({"components":[{},{}]})", "with 2 components"},
      {R"({"components":[1]})", "a component that is no object"},
      {R"({"components":[{}]})", "names no digest"},
      {R"({"components":[{"files":[{}],)" + source + "}]}", "brings files"},
      {R"({"components":[{"source":{"digest":"x"}}]})", "not among the layers"},
  };
  for (const auto& [json, reason] : cases) {
    const auto module = spinModule(json, manifest);
    ASSERT_TRUE(module.has_error()) << json;
    EXPECT_THAT(module.error().message, HasSubstr(reason)) << json;
  }
}

TEST(Layout, TheFirstEightBytesTellACoreModule) {
  EXPECT_TRUE(checkModuleHead(std::string("\0asm\1\0\0\0", 8)).has_value());
  for (const auto& [head, reason] :
       {std::pair{std::string("\0asm\x0d\0\1\0", 8), "is a WebAssembly component"},
        std::pair{std::string("\0asm\2\0\0\0", 8), "of an unknown version"},
        std::pair{std::string("\0asm\1\0\0", 7), "of an unknown version"},
        std::pair{std::string("#!/bin/s"), "is no WebAssembly"},
        std::pair{std::string(), "is no"}}) {
    const auto checked = checkModuleHead(head);
    ASSERT_TRUE(checked.has_error());
    EXPECT_THAT(checked.error().message, HasSubstr(reason));
  }
}

}  // namespace
}  // namespace skiff
