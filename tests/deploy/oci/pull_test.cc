#include "deploy/oci/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/deploy/oci/pull_fixture.h"
#include "tests/deploy/oci/registry.h"

namespace skiff::testing {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kOciConfig = "application/vnd.oci.image.config.v1+json";
constexpr const char* kTar = "application/vnd.oci.image.layer.v1.tar";
constexpr const char* kTarGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr const char* kWasmConfig = "application/vnd.wasm.config.v0+json";
constexpr const char* kWasmToOciLayer = "application/vnd.wasm.content.layer.v1+wasm";
constexpr const char* kSpinApplication = "application/vnd.fermyon.spin.application.v1+config";
constexpr const char* kImageConfig =
    R"({"architecture":"wasm","os":"wasi","rootfs":{"type":"layers","diff_ids":[]}})";

/// One registry for all tests of this file: each pushes to a repository of its own.
class PullTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { registry_ = std::make_unique<Registry>(); }
  static void TearDownTestSuite() { registry_.reset(); }

  /// "registry/repository:tag" of this test.
  static std::string target(const std::string& tag = "v1") {
    const auto* const test = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name(test->name());
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return registry_->name() + "/t/" + name + ":" + tag;
  }
  static PullOptions options() { return plainOptions(registry_->name()); }

  /// Pushes one wasm artifact; gives the module.
  static std::string pushModule(const std::string& to, std::string_view mark) {
    OciLayout layout;
    const std::string module = coreModule(mark);
    layout.tag("v1",
               layout.addManifest({kWasmConfig, "{}", ""}, {{"application/wasm", module, ""}}));
    push(layout, "v1", to, {"--preserve-digests"});
    return module;
  }

  static std::unique_ptr<Registry> registry_;
  TemporaryStore store_;
};

std::unique_ptr<Registry> PullTest::registry_;

TEST_F(PullTest, BringsAModuleIntoTheStore) {
  const std::string module = pushModule(target(), "one");
  const auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(result->layout, ArtifactLayout::wasm);
  EXPECT_EQ(*store_->read(result->module, 1_MiB), module);
  EXPECT_EQ(result->digest, result->manifest);
  for (const std::string& blob : {result->digest, result->config, result->module}) {
    EXPECT_TRUE(store_->has(blob)) << blob;
    EXPECT_THAT(result->blobs, Contains(blob));
  }
}

struct LayoutCase {
  const char* name;
  const char* config;
  const char* layer;
  ArtifactLayout layout;
};

TEST_F(PullTest, EveryLayoutOfOneModuleIsKnown) {
  const LayoutCase cases[] = {
      {"cncf", kWasmConfig, "application/wasm", ArtifactLayout::wasm},
      {"oras", "application/vnd.oci.empty.v1+json", "application/wasm", ArtifactLayout::generic},
      {"wasm_to_oci", "application/vnd.wasm.config.v1+json", kWasmToOciLayer,
       ArtifactLayout::wasmToOci},
      {"solo", "application/vnd.module.wasm.config.v1+json",
       "application/vnd.module.wasm.content.layer.v1+wasm", ArtifactLayout::solo},
  };
  OciLayout layout;
  for (const LayoutCase& each : cases) {
    layout.tag(each.name, layout.addManifest({each.config, "{}", ""},
                                             {{each.layer, coreModule(each.name), ""}},
                                             R"("artifactType":"application/vnd.acme.wasm")"));
    push(layout, each.name, target(each.name), {"--preserve-digests"});
    const auto result = pull(target(each.name), options(), *store_);
    ASSERT_TRUE(result.has_value()) << each.name << ": " << errorOf(result).message;
    EXPECT_EQ(result->layout, each.layout) << each.name;
    EXPECT_EQ(*store_->read(result->module, 1_MiB), coreModule(each.name)) << each.name;
  }
}

TEST_F(PullTest, AnImageComesWithItsConfigAndItsLayersInOrder) {
  OciLayout layout;
  layout.tag("v1", layout.addManifest({kOciConfig, kImageConfig, ""},
                                      {{kTarGzip, "lower", ""}, {kTarGzip, "upper", ""}}));
  push(layout, "v1", target(), {"--preserve-digests"});
  const auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(result->layout, ArtifactLayout::image);
  EXPECT_THAT(result->module, IsEmpty());
  EXPECT_EQ(result->configType, kOciConfig);
  EXPECT_EQ(*store_->read(result->config, 1_MiB), kImageConfig);
  ASSERT_EQ(result->layers.size(), 2);
  EXPECT_EQ(result->layers[0].mediaType, kTarGzip);
  EXPECT_EQ(*store_->read(result->layers[0].digest, 1_MiB), "lower");
  EXPECT_EQ(*store_->read(result->layers[1].digest, 1_MiB), "upper");
}

TEST_F(PullTest, DockersFormOfAnImageIsKnown) {
  OciLayout layout;
  layout.tag("v1", layout.addManifest({kOciConfig, kImageConfig, ""},
                                      {{kTar, std::string(1'024, '\0'), ""}}));
  push(layout, "v1", target(), {"-f", "v2s2"});
  const auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(result->layout, ArtifactLayout::image);
  EXPECT_EQ(result->configType, "application/vnd.docker.container.image.v1+json");
  ASSERT_EQ(result->layers.size(), 1);
  EXPECT_EQ(result->layers[0].mediaType, "application/vnd.docker.image.rootfs.diff.tar.gzip");
}

TEST_F(PullTest, AnIndexGivesItsEntryForWasi) {
  OciLayout layout;
  const LayerContent config{kOciConfig, kImageConfig, ""};
  const std::string other = layout.addManifest(config, {{kTarGzip, "amd64", ""}}, "",
                                               R"({"os":"linux","architecture":"amd64"})");
  const std::string wasi = layout.addManifest(config, {{kTarGzip, "wasm", ""}}, "",
                                              R"({"os":"wasi","architecture":"wasm"})");
  const std::string index = layout.addIndex({other, wasi});
  layout.tag("v1", index);
  push(layout, "v1", target(), {"--all", "--preserve-digests"});
  const auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(result->digest, digestIn(index));
  EXPECT_EQ(result->manifest, digestIn(wasi));
  EXPECT_TRUE(store_->has(digestIn(index)));
  EXPECT_EQ(*store_->read(result->layers.at(0).digest, 1_MiB), "wasm");
  EXPECT_FALSE(store_->has(digestIn(other)));
  // All of it is in the store: nobody is asked.
  const auto again = pull("nowhere.invalid/t/app@" + result->digest, owning({}), *store_);
  ASSERT_TRUE(again.has_value()) << errorOf(again).message;
  EXPECT_EQ(again->manifest, result->manifest);
}

TEST_F(PullTest, ASpinApplicationGivesItsOnlyComponent) {
  OciLayout layout;
  const std::string module = coreModule("spin");
  const std::string locked =
      R"({"components":[{"id":"a","source":{"digest":")" + layout.addBlob(module) + R"("}}]})";
  layout.tag("v1", layout.addManifest({kOciConfig, "{}", ""}, {{kWasmToOciLayer, module, ""},
                                                               {kSpinApplication, locked, ""}}));
  push(layout, "v1", target(), {"--preserve-digests"});
  const auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(result->layout, ArtifactLayout::spin);
  EXPECT_EQ(*store_->read(result->module, 1_MiB), module);
}

TEST_F(PullTest, AComponentIsRefusedByName) {
  OciLayout layout;
  layout.tag("v1",
             layout.addManifest({kWasmConfig, "{}", ""}, {{"application/wasm", component(), ""}}));
  push(layout, "v1", target(), {"--preserve-digests"});
  const OciError error = errorOf(pull(target(), options(), *store_));
  EXPECT_EQ(error.kind, OciError::Kind::unsupported);
  EXPECT_THAT(error.message, HasSubstr("is a WebAssembly component"));
}

TEST_F(PullTest, WhatIsNotThereIsNotFound) {
  pushModule(target(), "there");
  for (const std::string& text : {target("v2"), registry_->name() + "/t/nobody:v1",
                                  registry_->name() + "/t/x@sha256:" + std::string(64, '0')}) {
    const OciError error = errorOf(pull(text, options(), *store_));
    EXPECT_EQ(error.kind, OciError::Kind::notFound) << text << ": " << error.message;
  }
  EXPECT_EQ(store_->bytes(), 0);
}

TEST_F(PullTest, WhatIsThereIsNotFetchedAgain) {
  pushModule(target(), "again");
  ASSERT_TRUE(pull(target(), options(), *store_).has_value());
  const std::string before = registry_->log();
  ASSERT_TRUE(pull(target(), owning(options()), *store_).has_value());
  EXPECT_THAT(registry_->log().substr(before.size()), ::testing::Not(HasSubstr("GET /v2/t/")));
}

TEST_F(PullTest, WithoutItsRegistryADigestThatIsThereIsServed) {
  Registry registry;
  const std::string name = registry.name() + "/t/down";
  pushModule(name + ":v1", "down");
  const auto first = pull(name + ":v1", plainOptions(registry.name()), *store_);
  ASSERT_TRUE(first.has_value()) << errorOf(first).message;
  registry.stop();
  const PullOptions owner = owning(plainOptions(registry.name()));
  const auto again = pull(name + "@" + first->digest, owner, *store_);
  ASSERT_TRUE(again.has_value()) << errorOf(again).message;
  EXPECT_EQ(again->module, first->module);
  EXPECT_EQ(again->blobs, first->blobs);
  // What a tag stands for, nobody can say.
  EXPECT_EQ(errorOf(pull(name + ":v1", owner, *store_)).kind, OciError::Kind::unreachable);
}

TEST_F(PullTest, WhatIsThereForOthersIsTakenOnlyIfTheRegistryHasItToo) {
  pushModule(target(), "shared");
  const auto first = pull(target(), options(), *store_);
  ASSERT_TRUE(first.has_value()) << errorOf(first).message;
  const std::string before = registry_->log();
  ASSERT_TRUE(pull(target(), options(), *store_).has_value());
  const std::string asked = registry_->log().substr(before.size());
  EXPECT_THAT(asked, HasSubstr("/manifests/" + first->digest));
  EXPECT_THAT(asked, HasSubstr("/blobs/" + first->module));
  EXPECT_THAT(asked, ::testing::Not(ContainsRegex("GET /v2/t/[a-z]*/blobs/")));
  // By its digest alone, nobody gets it from the store.
  const OciError stranger =
      errorOf(pull(registry_->name() + "/t/stranger@" + first->digest, options(), *store_));
  EXPECT_EQ(stranger.kind, OciError::Kind::notFound) << stranger.message;
}

TEST_F(PullTest, AManifestThatTheDiskDamagedIsFetchedAgain) {
  pushModule(target(), "damaged");
  const auto first = pull(target(), options(), *store_);
  ASSERT_TRUE(first.has_value()) << errorOf(first).message;
  const auto file = *store_->file(first->digest);
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::ofstream(file) << "{}";
  const auto again = pull(target(), options(), *store_);
  ASSERT_TRUE(again.has_value()) << errorOf(again).message;
  EXPECT_TRUE(store_->read(first->digest, 1_MiB).has_value());
}

TEST_F(PullTest, WhatWasPulledStaysWhileItsResultLives) {
  pushModule(target(), "pinned");
  auto result = pull(target(), options(), *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  const auto nothing = [] {
    return BlobResult<std::vector<std::string>>(std::vector<std::string>());
  };
  EXPECT_EQ(store_->collect(nothing)->blobs, 0);
  result->pin.reset();
  EXPECT_EQ(store_->collect(nothing)->blobs, 3);
}

TEST_F(PullTest, ProgressEndsWithAllBytes) {
  const std::string module = pushModule(target(), "progress");
  std::uint64_t bytes = 0;
  std::uint64_t total = 0;
  std::vector<PullStep> steps;
  const auto result = pullArtifact(referenceTo(target()), options(), *store_,
                                   [&](PullStep step, std::uint64_t now, std::uint64_t all) {
                                     if (steps.empty() || steps.back() != step)
                                       steps.push_back(step);
                                     EXPECT_GE(now, bytes);
                                     bytes = now;
                                     total = all;
                                   });
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_THAT(steps, ::testing::ElementsAre(PullStep::resolve, PullStep::fetch));
  EXPECT_EQ(total, module.size() + 2);
  EXPECT_EQ(bytes, total);
  EXPECT_EQ(result->bytes, total);
}

TEST_F(PullTest, ATagIsWatchedByItsDigest) {
  pushModule(target(), "first");
  const auto first = resolveTag(referenceTo(target()), options(), "");
  ASSERT_TRUE(first.has_value() && *first) << errorOf(first).message;
  const auto same = resolveTag(referenceTo(target()), options(), **first);
  ASSERT_TRUE(same.has_value()) << errorOf(same).message;
  EXPECT_FALSE(*same);
  EXPECT_NE(registry_->waitForLog("\" 304 0"), "");
  pushModule(target(), "second");
  const auto second = resolveTag(referenceTo(target()), options(), **first);
  ASSERT_TRUE(second.has_value() && *second) << errorOf(second).message;
  EXPECT_NE(**second, **first);
  const std::string fixed = registry_->name() + "/t/app@" + **first;
  EXPECT_EQ(errorOf(resolveTag(referenceTo(fixed), options(), "")).kind,
            OciError::Kind::badReference);
}

TEST_F(PullTest, EachBoundIsHeld) {
  OciLayout layout;
  layout.tag("v1", layout.addManifest({kOciConfig, std::string(100, ' '), ""},
                                      {{kTarGzip, std::string(300, 'a'), ""},
                                       {kTarGzip, std::string(300, 'b'), ""}}));
  push(layout, "v1", target(), {"--preserve-digests"});
  const auto attempt = [&](auto change) {
    PullOptions tight = options();
    change(tight.limits);
    return errorOf(pull(target(), tight, *store_));
  };
  const OciError errors[] = {
      attempt([](PullLimits& limits) { limits.layer = ByteSize(299); }),
      attempt([](PullLimits& limits) { limits.layers = 1; }),
      attempt([](PullLimits& limits) { limits.config = ByteSize(99); }),
      attempt([](PullLimits& limits) { limits.total = ByteSize(699); }),
      attempt([](PullLimits& limits) { limits.manifest = ByteSize(99); }),
  };
  for (const OciError& error : errors) {
    EXPECT_EQ(error.kind, OciError::Kind::tooLarge) << error.message;
  }
  EXPECT_EQ(store_->bytes(), 0);
  PullOptions exact = options();
  exact.limits.layer = ByteSize(300);
  exact.limits.layers = 2;
  exact.limits.config = ByteSize(100);
  exact.limits.total = ByteSize(700);
  const auto result = pull(target(), exact, *store_);
  EXPECT_TRUE(result.has_value()) << errorOf(result).message;
}

TEST_F(PullTest, AStoreThatIsFullSaysSo) {
  OciLayout layout;
  layout.tag("v1",
             layout.addManifest({kWasmConfig, "{}", ""},
                                {{"application/wasm", coreModule(std::string(9'000, 'x')), ""}}));
  push(layout, "v1", target(), {"--preserve-digests"});
  const TemporaryStore small(8_KiB);
  const OciError error = errorOf(pull(target(), options(), *small));
  EXPECT_EQ(error.kind, OciError::Kind::storeFull) << error.message;
}

TEST_F(PullTest, APullThatIsToStopIsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  PullOptions stopped = options();
  stopped.stop = stop.get_token();
  EXPECT_EQ(errorOf(pull(target(), stopped, *store_)).kind, OciError::Kind::cancelled);
}

}  // namespace
}  // namespace skiff::testing
