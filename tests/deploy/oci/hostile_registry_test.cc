// What a registry does that is broken, overloaded or hostile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "deploy/oci/pull.h"
#include "tests/deploy/oci/pull_fixture.h"
#include "tests/deploy/oci/registry.h"
#include "tests/deploy/oci/scripted_registry.h"

namespace skiff::testing {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string kModule = coreModule(std::string(100'000, 'm'));

/// The artifact of these tests; `module` answers when its module is asked for.
ScriptedRegistry::Handler serving(ScriptedRegistry::Handler module) {
  return [artifact = ScriptedArtifact(kModule), module = std::move(module)](const std::string& head,
                                                                            Peer& peer) {
    if (!artifact.answerFor(head, peer)) module(head, peer);
  };
}

/// Counts the requests for the module.
struct Attempts {
  std::shared_ptr<std::atomic<int>> count = std::make_shared<std::atomic<int>>(0);
  int next() const { return ++*count; }
};

class HostileRegistryTest : public ::testing::Test {
 protected:
  OciResult<PullResult> pullFrom(const ScriptedRegistry& registry, PullLimits limits) const {
    PullOptions options = plainOptions(registry.name());
    options.limits = limits;
    for (const std::string& name : alsoPlain_) options.config.registries[name].plainHttp = true;
    return pull(registry.name() + "/t/app:v1", options, *store_);
  }
  OciResult<PullResult> pullFrom(const ScriptedRegistry& registry) const {
    return pullFrom(registry, quickLimits());
  }
  void expectError(const ScriptedRegistry& registry, OciError::Kind kind, const char* part,
                   const PullLimits& limits = quickLimits()) const {
    const OciError error = errorOf(pullFrom(registry, limits));
    EXPECT_EQ(error.kind, kind) << error.message;
    EXPECT_THAT(error.message, AllOf(HasSubstr(part), HasSubstr(registry.name())));
    EXPECT_FALSE(store_->has(ScriptedArtifact(kModule).manifestDigest));
    EXPECT_FALSE(store_->has(ScriptedArtifact(kModule).moduleDigest));
  }

  TemporaryStore store_;
  std::vector<std::string> alsoPlain_;  ///< token servers that are configured
};

TEST_F(HostileRegistryTest, OtherBytesThanThoseOfTheDigestAreRefused) {
  std::string other = kModule;
  other.back() ^= 1;
  const ScriptedRegistry registry(
      serving([&](const std::string&, Peer& peer) { peer.send(answer("200 OK", other)); }));
  expectError(registry, OciError::Kind::digestMismatch, "gave other bytes");
}

TEST_F(HostileRegistryTest, MoreOrFewerBytesThanTheManifestSaysAreRefused) {
  const ScriptedRegistry longer(
      serving([](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule + "x")); }));
  expectError(longer, OciError::Kind::digestMismatch, "by its manifest");
  const ScriptedRegistry shorter(serving(
      [](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule.substr(1))); }));
  expectError(shorter, OciError::Kind::digestMismatch, "by its manifest");
  const ScriptedRegistry endless(serving([](const std::string&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (;;) peer.send("1000\r\n" + std::string(4'096, 'x') + "\r\n");
  }));
  expectError(endless, OciError::Kind::digestMismatch, "by its manifest");
}

TEST_F(HostileRegistryTest, AManifestOfAnotherDigestIsRefused) {
  const ScriptedArtifact artifact(kModule);
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (head.starts_with("HEAD ")) {
      artifact.answerFor(head, peer);
    } else {
      peer.send(answer("200 OK", artifact.manifest + " "));
    }
  });
  expectError(registry, OciError::Kind::digestMismatch,
              "a manifest that is not that of its digest");
}

TEST_F(HostileRegistryTest, AManifestOfAnotherTypeThanItCameAsIsRefused) {
  const std::string manifest = R"({"schemaVersion":2,"mediaType":"application/json"})";
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (head.starts_with("HEAD ")) return peer.send(answer("405 No"));
    peer.send(
        answer("200 OK", manifest, "Content-Type: application/vnd.oci.image.index.v1+json\r\n"));
  });
  expectError(registry, OciError::Kind::protocol, "but came as");
}

TEST_F(HostileRegistryTest, WhatIsCutGoesOnWhereItWas) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string& head, Peer& peer) {
    const std::string range = fieldOf(head, "Range");
    if (attempts.next() == 1) {
      EXPECT_EQ(range, "");
      const std::string whole = answer("200 OK", kModule);
      return peer.send(whole.substr(0, whole.size() - 1'000));
    }
    EXPECT_EQ(range, "bytes=" + std::to_string(kModule.size() - 1'000) + "-");
    peer.send(answer("206 Partial Content", kModule.substr(kModule.size() - 1'000),
                     "Content-Range: bytes " + std::to_string(kModule.size() - 1'000) + "-" +
                         std::to_string(kModule.size() - 1) + "/" + std::to_string(kModule.size()) +
                         "\r\n"));
  }));
  const auto result = pullFrom(registry);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(*store_->read(result->module, 1_MiB), kModule);
  EXPECT_EQ(*attempts.count, 2);
}

TEST_F(HostileRegistryTest, WhatIsCutToTheEndIsKeptForTheNextPull) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string& head, Peer& peer) {
    if (attempts.next() <= 3) {
      const std::string whole = answer("200 OK", kModule);
      return fieldOf(head, "Range").empty() ? peer.send(whole.substr(0, whole.size() - 1'000))
                                            : peer.reset();
    }
    EXPECT_EQ(fieldOf(head, "Range"), "bytes=" + std::to_string(kModule.size() - 1'000) + "-");
    // Does not know of ranges: everything comes anew.
    peer.send(answer("200 OK", kModule));
  }));
  expectError(registry, OciError::Kind::unreachable, "broke the connection");
  const auto result = pullFrom(registry);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  EXPECT_EQ(*store_->read(result->module, 1_MiB), kModule);
}

TEST_F(HostileRegistryTest, ARestThatIsNotGivenIsFetchedAsAWhole) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string& head, Peer& peer) {
    switch (attempts.next()) {
      case 1:
        return peer.send(answer("200 OK", kModule).substr(0, 5'000));
      case 2:
        EXPECT_NE(fieldOf(head, "Range"), "");
        return peer.send(answer("416 Range Not Satisfiable"));
      default:
        EXPECT_EQ(fieldOf(head, "Range"), "");
        peer.send(answer("200 OK", kModule));
    }
  }));
  const auto result = pullFrom(registry);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
}

TEST_F(HostileRegistryTest, ARestThatDoesNotFitIsFetchedAsAWhole) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string& head, Peer& peer) {
    const std::string whole = answer("200 OK", kModule);
    switch (attempts.next()) {
      case 1:
        return peer.send(whole.substr(0, whole.size() - 10));
      case 2:
        return peer.send(answer("206 Partial Content", "0123456789",
                                "Content-Range: bytes " + std::to_string(kModule.size() - 10) +
                                    "-" + std::to_string(kModule.size() - 1) + "/*\r\n"));
      default:
        EXPECT_EQ(fieldOf(head, "Range"), "");
        peer.send(whole);
    }
  }));
  const auto result = pullFrom(registry);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
}

TEST_F(HostileRegistryTest, WhoIsBusyIsAskedAgainButNotForEver) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string&, Peer& peer) {
    if (attempts.next() == 1) return peer.send(answer("429 Too Many", "", "Retry-After: 0\r\n"));
    if (*attempts.count == 2) return peer.send(answer("503 Busy"));
    peer.send(answer("200 OK", kModule));
  }));
  const auto result = pullFrom(registry);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;

  const Attempts all;
  const ScriptedRegistry busy(serving([&](const std::string&, Peer& peer) {
    all.next();
    peer.send(answer("429 Too Many", R"({"errors":[{"code":"TOOMANYREQUESTS","message":"x"}]})"));
  }));
  const TemporaryStore other;
  const OciError error =
      errorOf(pull(busy.name() + "/t/app:v1", plainOptions(busy.name()), *other));
  EXPECT_EQ(error.kind, OciError::Kind::unreachable);
  EXPECT_THAT(error.message, HasSubstr("answered 429 (TOOMANYREQUESTS)"));
  EXPECT_EQ(*all.count, 3);
}

TEST_F(HostileRegistryTest, WhoAsksForTooLongAPauseIsNotWaitedFor) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string&, Peer& peer) {
    attempts.next();
    peer.send(answer("429 Too Many", "", "Retry-After: 3600\r\n"));
  }));
  expectError(registry, OciError::Kind::unreachable, "answered 429");
  EXPECT_EQ(*attempts.count, 1);
}

TEST_F(HostileRegistryTest, RedirectsEnd) {
  const ScriptedRegistry registry([](const std::string& head, Peer& peer) {
    peer.send(answer("307 Over There", "", "Location: " + targetOf(head) + "\r\n"));
  });
  expectError(registry, OciError::Kind::protocol, "redirects more than 5 times");
  EXPECT_EQ(registry.requests().size(), 6);
}

TEST_F(HostileRegistryTest, RedirectsToWhatIsNoPlaceAreRefused) {
  for (const char* const location : {"ftp://a/b", "file:///etc/passwd", "http://u:p@a/"}) {
    const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
      peer.send(answer("302 Over There", "", "Location: " + std::string(location) + "\r\n"));
    });
    expectError(registry, OciError::Kind::protocol, "redirects to what is no http or https URL");
  }
}

TEST_F(HostileRegistryTest, APlaceThatARedirectLeadsToInVainIsNamed) {
  const std::string nobody = "127.0.0.1:" + std::to_string(freePort());
  const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
    peer.send(answer("302 Over There", "", "Location: http://" + nobody + "/x?signature=y\r\n"));
  });
  PullOptions options = plainOptions(registry.name());
  options.config.registries[nobody].plainHttp = true;
  const OciError error = errorOf(pull(registry.name() + "/t/app:v1", options, *store_));
  EXPECT_EQ(error.kind, OciError::Kind::unreachable);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("redirects to " + nobody + ", which cannot be connected to"),
                    Not(HasSubstr("signature"))));
}

TEST_F(HostileRegistryTest, CredentialsDoNotGoToAnotherHost) {
  const TemporaryDirectory folder;
  folder.write("password", "s3cret\n");
  const ScriptedRegistry elsewhere(
      [](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule)); });
  const ScriptedArtifact artifact(kModule);
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (fieldOf(head, "Authorization").empty()) {
      return peer.send(answer("401 Who", "", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
    }
    EXPECT_EQ(fieldOf(head, "Authorization"), "Basic cm9ib3Q6czNjcmV0");  // robot:s3cret
    if (artifact.answerFor(head, peer)) return;
    peer.send(answer("307 Over There", "", "Location: " + elsewhere.url() + "/x?signature=y\r\n"));
  });
  PullOptions options = plainOptions(registry.name());
  options.config.registries[registry.name()].username = "robot";
  options.config.registries[registry.name()].passwordFile = folder.path() / "password";
  options.config.registries[elsewhere.name()].plainHttp = true;
  const auto result = pull(registry.name() + "/t/app:v1", options, *store_);
  ASSERT_TRUE(result.has_value()) << errorOf(result).message;
  ASSERT_EQ(elsewhere.requests().size(), 1);
  EXPECT_THAT(elsewhere.requests()[0],
              AllOf(HasSubstr("GET /x?signature=y "), Not(HasSubstr("Authorization"))));
}

TEST_F(HostileRegistryTest, AnotherHostsDemandForCredentialsIsNotMet) {
  const TemporaryDirectory folder;
  folder.write("password", "s3cret");
  const ScriptedRegistry elsewhere([](const std::string&, Peer& peer) {
    peer.send(answer("401 Who", "", "WWW-Authenticate: Basic realm=\"x\"\r\n"));
  });
  const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
    peer.send(answer("307 Over There", "", "Location: " + elsewhere.url() + "/x\r\n"));
  });
  PullOptions options = plainOptions(registry.name());
  options.config.registries[registry.name()].username = "robot";
  options.config.registries[registry.name()].passwordFile = folder.path() / "password";
  options.config.registries[elsewhere.name()].plainHttp = true;
  const OciError error = errorOf(pull(registry.name() + "/t/app:v1", options, *store_));
  EXPECT_EQ(error.kind, OciError::Kind::unauthorized);
  EXPECT_THAT(error.message, AllOf(HasSubstr("wants credentials; there are none for it"),
                                   Not(HasSubstr("s3cret"))));
  EXPECT_EQ(elsewhere.requests().size(), 1);
}

TEST_F(HostileRegistryTest, ItsPlainHttpIsNoLeaveForOtherHosts) {
  const ScriptedRegistry elsewhere(
      [](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule)); });
  const ScriptedRegistry redirecting([&](const std::string&, Peer& peer) {
    peer.send(answer("307 Over There", "", "Location: " + elsewhere.url() + "/x\r\n"));
  });
  expectError(redirecting, OciError::Kind::protocol, "redirects to plain HTTP");
  const ScriptedRegistry asking([&](const std::string&, Peer& peer) {
    peer.send(answer("401 Who", "",
                     "WWW-Authenticate: Bearer realm=\"" + elsewhere.url() + "/token\"\r\n"));
  });
  expectError(asking, OciError::Kind::protocol, "which is plain HTTP");
  EXPECT_EQ(elsewhere.requests().size(), 0);
}

TEST_F(HostileRegistryTest, ARedirectOrATokenServerOnAPrivateAddressIsNotFollowed) {
  const ScriptedRegistry elsewhere([](const std::string&, Peer& peer) { peer.send("x"); });
  for (const std::string& place :
       {"https://" + elsewhere.name(),
        "https://localhost" + elsewhere.name().substr(elsewhere.name().find(':')),
        "https://[::ffff:127.0.0.1]" + elsewhere.name().substr(elsewhere.name().find(':'))}) {
    const ScriptedRegistry redirecting([&](const std::string&, Peer& peer) {
      peer.send(answer("307 Over There", "", "Location: " + place + "/x\r\n"));
    });
    expectError(redirecting, OciError::Kind::privateAddress, "on a network that is not public");
    const ScriptedRegistry asking([&](const std::string&, Peer& peer) {
      peer.send(
          answer("401 Who", "", "WWW-Authenticate: Bearer realm=\"" + place + "/token\"\r\n"));
    });
    expectError(asking, OciError::Kind::privateAddress, "sends us for a token to");
  }
  EXPECT_EQ(elsewhere.requests().size(), 0);
}

TEST_F(HostileRegistryTest, IsNotAskedOnAPrivateAddressUnlessItIsNamed) {
  const ScriptedRegistry registry(
      serving([](const std::string&, Peer& peer) { peer.send(answer("200 OK", kModule)); }));
  PullOptions options;
  options.limits = quickLimits();
  const std::string port = registry.name().substr(registry.name().find(':'));
  for (const std::string& name : {registry.name(), "localhost" + port, "[::ffff:127.0.0.1]" + port,
                                  std::string("169.254.169.254")}) {
    const OciError error = errorOf(pull(name + "/t/app:v1", options, *store_));
    EXPECT_EQ(error.kind, OciError::Kind::privateAddress) << error.message;
  }
  EXPECT_EQ(registry.requests().size(), 0);
  // Who may ask any host gets as far as TLS, which this one does not speak.
  options.limits.privateHosts = true;
  options.limits.connect = milliseconds(100);
  EXPECT_NE(errorOf(pull(registry.name() + "/t/app:v1", options, *store_)).kind,
            OciError::Kind::privateAddress);
  EXPECT_TRUE(pullFrom(registry).has_value());
}

TEST_F(HostileRegistryTest, SaysOfStoredBlobsWhatTheirSizeIs) {
  std::string size = std::to_string(kModule.size());
  std::string status = "200 OK";
  const ScriptedArtifact artifact(kModule);
  const ScriptedRegistry registry([&](const std::string& head, Peer& peer) {
    if (head.starts_with("HEAD ") && head.find("/blobs/") != std::string::npos &&
        head.find(artifact.moduleDigest) != std::string::npos) {
      return peer.send("HTTP/1.1 " + status + "\r\nContent-Length: " + size + "\r\n\r\n");
    }
    if (!artifact.answerFor(head, peer)) peer.send(answer("200 OK", kModule));
  });
  ASSERT_TRUE(pullFrom(registry).has_value());
  EXPECT_TRUE(pullFrom(registry).has_value());
  size = "17";
  EXPECT_EQ(errorOf(pullFrom(registry)).kind, OciError::Kind::digestMismatch);
  status = "404 No";
  EXPECT_EQ(errorOf(pullFrom(registry)).kind, OciError::Kind::notFound);
}

TEST_F(HostileRegistryTest, DemandsThatCannotBeMetAreRefused) {
  for (const auto& [challenge, kind, part] :
       {std::tuple{"", OciError::Kind::unauthorized, "of a kind that skiff does not have"},
        std::tuple{"Negotiate", OciError::Kind::unauthorized, "of a kind"},
        std::tuple{"Basic realm=x", OciError::Kind::unauthorized, "a user name and a password"},
        std::tuple{"Bearer realm=\"x\"", OciError::Kind::protocol, "no http or https URL"},
        std::tuple{"Bearer realm=\"ftp://a\"", OciError::Kind::protocol, "no http or https URL"}}) {
    const ScriptedRegistry registry(
        [&, text = std::string(challenge)](const std::string&, Peer& peer) {
          peer.send(answer("401 Who", "", "WWW-Authenticate: " + text + "\r\n"));
        });
    expectError(registry, kind, part);
    EXPECT_EQ(registry.requests().size(), 1);
  }
}

TEST_F(HostileRegistryTest, ATokenServerThatTalksNonsenseIsRefused) {
  for (const auto& [status, body, part] :
       {std::tuple{"200 OK", "<html>", "gave an answer that is no JSON object"},
        std::tuple{"200 OK", "{\"token\":\"a\\r\\nb\"}", "a token that no HTTP field can carry"},
        std::tuple{"404 No", "", "answered 404"}}) {
    const ScriptedRegistry tokens(
        [&, code = std::string(status), text = std::string(body)](const std::string&, Peer& peer) {
          peer.send(answer(code, text));
        });
    alsoPlain_.push_back(tokens.name());
    const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
      peer.send(
          answer("401 Who", "", "WWW-Authenticate: Bearer realm=\"" + tokens.url() + "/t\"\r\n"));
    });
    expectError(registry, OciError::Kind::protocol, part);
  }
  const ScriptedRegistry large([](const std::string&, Peer& peer) {
    peer.send(answer("200 OK", std::string(300'000, ' ')));
  });
  alsoPlain_.push_back(large.name());
  const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
    peer.send(answer("401 Who", "", "WWW-Authenticate: Bearer realm=\"" + large.url() + "/\"\r\n"));
  });
  expectError(registry, OciError::Kind::tooLarge, "more than 256KiB");
}

TEST_F(HostileRegistryTest, ATokenThatIsRefusedIsFetchedAnewOnce) {
  const ScriptedRegistry tokens([](const std::string&, Peer& peer) {
    peer.send(answer("200 OK", R"({"access_token":"t0ken","expires_in":300})"));
  });
  alsoPlain_.push_back(tokens.name());
  const ScriptedRegistry registry([&](const std::string&, Peer& peer) {
    peer.send(answer("401 Who", "",
                     "WWW-Authenticate: Bearer realm=\"" + tokens.url() +
                         "/t\",service=\"s\",scope=\"repository:t/app:pull\"\r\n"));
  });
  const OciError error = errorOf(pullFrom(registry));
  EXPECT_EQ(error.kind, OciError::Kind::unauthorized);
  EXPECT_THAT(error.message, Not(HasSubstr("t0ken")));
  EXPECT_EQ(registry.requests().size(), 2);
  EXPECT_EQ(fieldOf(registry.requests()[1], "Authorization"), "Bearer t0ken");
  ASSERT_EQ(tokens.requests().size(), 1);
  EXPECT_EQ(targetOf(tokens.requests()[0]), "/t?service=s&scope=repository%3At%2Fapp%3Apull");
}

TEST_F(HostileRegistryTest, AHeadWithoutEndIsRefused) {
  const ScriptedRegistry registry([](const std::string&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\n");
    for (;;) peer.send("X: " + std::string(1'000, 'x') + "\r\n");
  });
  expectError(registry, OciError::Kind::protocol, "more than 64KiB of header fields");
}

TEST_F(HostileRegistryTest, InterimAnswersWithoutEndAreRefused) {
  const ScriptedRegistry registry([](const std::string&, Peer& peer) {
    for (;;) peer.send("HTTP/1.1 100 Continue\r\n\r\n");
  });
  expectError(registry, OciError::Kind::protocol, "interim answers");
}

TEST_F(HostileRegistryTest, WhatIsNoHttpIsRefused) {
  const ScriptedRegistry registry(
      [](const std::string&, Peer& peer) { peer.send("SSH-2.0-OpenSSH_9.2\r\n\r\n"); });
  expectError(registry, OciError::Kind::protocol, "answered what is not HTTP");
}

TEST_F(HostileRegistryTest, AChunkedAnswerThatIsCutIsTriedAgain) {
  const Attempts attempts;
  const ScriptedRegistry registry(serving([&](const std::string&, Peer& peer) {
    attempts.next();
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n1");
  }));
  expectError(registry, OciError::Kind::unreachable, "in the middle of");
  EXPECT_EQ(*attempts.count, 3);
}

TEST_F(HostileRegistryTest, AChunkWhoseHeadHasNoEndIsRefused) {
  const ScriptedRegistry registry(serving([](const std::string&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;");
    for (;;) peer.send(std::string(4'096, 'x'));
  }));
  const OciError error = errorOf(pullFrom(registry));
  EXPECT_TRUE(error.kind == OciError::Kind::unreachable || error.kind == OciError::Kind::protocol)
      << error.message;
}

TEST_F(HostileRegistryTest, WhoSaysNothingIsNotWaitedForLong) {
  PullLimits limits = quickLimits();
  limits.stall = milliseconds(1'000);  // enough for what answers, however busy the machine
  limits.attempts = 1;
  const ScriptedRegistry silent([](const std::string&, Peer& peer) { peer.waitForClose(); });
  expectError(silent, OciError::Kind::unreachable, "took too long over its answer", limits);
  const ScriptedRegistry stalled(serving([](const std::string&, Peer& peer) {
    peer.send(answer("200 OK", kModule).substr(0, 5'000));
    peer.waitForClose();
  }));
  expectError(stalled, OciError::Kind::unreachable, "did nothing for", limits);
}

TEST_F(HostileRegistryTest, AHeadThatTricklesIsCutOff) {
  PullLimits limits = quickLimits();
  limits.stall = milliseconds(100);
  limits.attempts = 1;
  const ScriptedRegistry registry([](const std::string&, Peer& peer) {
    peer.send("HTTP/1.1 200 OK\r\nX: ");
    // A byte each time that the client has not closed within a moment.
    for (;;) peer.sendUntilStalled("x"), std::this_thread::yield();
  });
  const OciError error = errorOf(pullFrom(registry, limits));
  EXPECT_TRUE(error.kind == OciError::Kind::unreachable || error.kind == OciError::Kind::protocol)
      << error.message;
}

TEST_F(HostileRegistryTest, APullEndsWithItsTime) {
  PullLimits limits = quickLimits();
  limits.time = milliseconds(1'000);
  const ScriptedRegistry registry(serving([](const std::string&, Peer& peer) {
    peer.send(answer("200 OK", kModule).substr(0, 5'000));
    peer.waitForClose();
  }));
  expectError(registry, OciError::Kind::unreachable, "took longer than the whole pull may", limits);
}

TEST_F(HostileRegistryTest, APullIsCancelledWhileItWaits) {
  std::stop_source stop;
  const ScriptedRegistry registry(serving([&](const std::string&, Peer& peer) {
    peer.send(answer("200 OK", kModule).substr(0, 5'000));
    stop.request_stop();
    peer.waitForClose();
  }));
  PullOptions options = plainOptions(registry.name());
  options.stop = stop.get_token();
  const OciError error = errorOf(pull(registry.name() + "/t/app:v1", options, *store_));
  EXPECT_EQ(error.kind, OciError::Kind::cancelled) << error.message;
}

TEST_F(HostileRegistryTest, NobodyAtThePortIsUnreachable) {
  const std::string name = "127.0.0.1:" + std::to_string(freePort());
  const OciError error = errorOf(pull(name + "/t/app:v1", plainOptions(name), *store_));
  EXPECT_EQ(error.kind, OciError::Kind::unreachable);
  EXPECT_THAT(error.message, AllOf(HasSubstr(name + ", asked for t/app, cannot be connected to"),
                                   HasSubstr("Connection refused")));
}

}  // namespace
}  // namespace skiff::testing
