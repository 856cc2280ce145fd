#include "deploy/oci/registry_client.h"

#include <utility>

#include "config/printable.h"
#include "deploy/digest.h"
#include "deploy/oci/blob_transfer.h"
#include "deploy/oci/content_digest.h"
#include "deploy/oci/registry_requests.h"

namespace skiff {
namespace {

std::string acceptedTypes() {
  std::string types;
  for (const std::string_view type :
       {kOciManifestType, kOciIndexType, kDockerManifestType, kDockerListType}) {
    if (!types.empty()) types += ", ";
    types += type;
  }
  return types;
}

std::string describe(const std::string& selector) {
  return isDigest(selector) ? "the manifest " + selector : "the tag " + inQuotes(selector);
}

std::string digestOf(std::string_view body) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(body.data()), body.size()});
}

/// Checks what came against what was asked for, or against what the registry says that it is.
TransportResult<FetchedManifest> checked(const std::string& selector, const HttpResponse& response,
                                         std::string body) {
  std::string digest(response.field("docker-content-digest"));
  if (isDigest(selector)) digest = selector;
  if (digest.empty()) digest = digestOf(body);
  if (!matchesDigest(body, digest)) {
    return TransportError{OciError::Kind::digestMismatch,
                          "gave a manifest that is not that of its digest " + inQuotes(digest)};
  }
  return FetchedManifest{std::move(digest), mediaTypeOf(response.field("content-type")),
                         std::move(body)};
}

}  // namespace

RegistryClient::RegistryClient(std::unique_ptr<RegistryRequests> requests)
    : requests_(std::move(requests)) {}

RegistryClient::~RegistryClient() = default;

OciResult<std::unique_ptr<RegistryClient>> RegistryClient::open(std::string registry,
                                                                std::string repository,
                                                                const OciConfig& config,
                                                                const PullLimits& limits,
                                                                PullPatience patience) {
  auto trust = TlsTrust::load(config.of(registry).ca);
  if (trust.has_error()) {
    return OciError{OciError::Kind::tls, registry + " cannot be asked: " + trust.error().message +
                                             "; see ca in [registry.\"" + registry + "\"]"};
  }
  return std::unique_ptr<RegistryClient>(new RegistryClient(
      std::make_unique<RegistryRequests>(std::move(registry), std::move(repository), config, limits,
                                         std::move(patience), *std::move(trust))));
}

OciResult<FetchedManifest> RegistryClient::manifest(const std::string& selector) {
  return requests_->tryUntilDone<FetchedManifest>([&]() -> TransportResult<FetchedManifest> {
    const auto response =
        requests_->get("manifests/" + selector, describe(selector), {{"Accept", acceptedTypes()}});
    if (response.has_error()) return response.error();
    auto body = requests_->http().readAll(requests_->limits().manifest, requests_->patience());
    if (body.has_error()) return body.error();
    return checked(selector, *response, *std::move(body));
  });
}

OciResult<std::optional<std::string>> RegistryClient::resolve(const std::string& tag,
                                                              const std::string& known) {
  using Answer = std::optional<std::string>;
  RegistryRequests::Fields fields{{"Accept", acceptedTypes()}};
  if (!known.empty()) fields.emplace_back("If-None-Match", "\"" + known + "\"");
  auto answer = requests_->tryUntilDone<Answer>([&]() -> TransportResult<Answer> {
    const auto response = requests_->send(HttpRequest::Method::head, "manifests/" + tag, fields);
    if (response.has_error()) return response.error();
    if (response->status == 304) return Answer(known);
    if (response->status == 200) {
      const std::string digest(response->field("docker-content-digest"));
      return isDigest(digest) ? Answer(digest) : Answer();
    }
    // Some registries know GET only.
    if (response->status == 405) return Answer();
    return requests_->refusal(*response, describe(tag));
  });
  if (answer.has_error()) return answer;
  if (!*answer) {
    auto fetched = manifest(tag);
    if (fetched.has_error()) return fetched.error();
    *answer = std::move(fetched->digest);
  }
  return *answer == known ? OciResult<Answer>(Answer()) : answer;
}

OciResult<std::optional<FetchedManifest>> RegistryClient::referrers(const std::string& digest) {
  using Answer = std::optional<FetchedManifest>;
  return requests_->tryUntilDone<Answer>([&]() -> TransportResult<Answer> {
    const std::string what = "the referrers of " + digest;
    const auto response = requests_->send(HttpRequest::Method::get, "referrers/" + digest,
                                          {{"Accept", std::string(kOciIndexType)}});
    if (response.has_error()) return response.error();
    // 404 by the specification; the others by registries that are older than it.
    for (const unsigned status : {404, 400, 405, 501}) {
      if (response->status == status) return Answer();
    }
    if (response->status != 200) return requests_->refusal(*response, what);
    auto body = requests_->http().readAll(requests_->limits().manifest, requests_->patience());
    if (body.has_error()) return body.error();
    return Answer(FetchedManifest{digestOf(*body), mediaTypeOf(response->field("content-type")),
                                  *std::move(body)});
  });
}

OciResult<void> RegistryClient::blob(const OciDescriptor& descriptor, BlobStore::Writer& writer,
                                     const std::function<void(std::uint64_t)>& progress) {
  return BlobTransfer(*requests_, descriptor, writer, progress).run();
}

OciResult<void> RegistryClient::requireBlob(const OciDescriptor& descriptor) {
  return requests_->tryUntilDone<void>([&]() -> TransportResult<void> {
    const std::string what = "the blob " + descriptor.digest;
    const auto response = requests_->send(HttpRequest::Method::head, "blobs/" + descriptor.digest);
    if (response.has_error()) return response.error();
    if (response->status != 200) return requests_->refusal(*response, what);
    if (!response->length || *response->length != descriptor.size) {
      return TransportError{
          OciError::Kind::digestMismatch,
          "says that " + what + " has " +
              (response->length ? std::to_string(*response->length) : std::string("unknown")) +
              " bytes, where the manifest says " + std::to_string(descriptor.size)};
    }
    return {};
  });
}

OciResult<std::string> RegistryClient::smallBlob(const OciDescriptor& descriptor, ByteSize most) {
  return requests_->tryUntilDone<std::string>([&]() -> TransportResult<std::string> {
    const std::string what = "the blob " + descriptor.digest;
    if (descriptor.size > most.bytes()) {
      return TransportError{OciError::Kind::tooLarge,
                            "has " + what + " with " + std::to_string(descriptor.size) +
                                " bytes, of which " + most.text() + " is the most that is read"};
    }
    const auto response = requests_->get("blobs/" + descriptor.digest, what);
    if (response.has_error()) return response.error();
    auto body = requests_->http().readAll(most, requests_->patience());
    if (body.has_error()) return body.error();
    if (body->size() != descriptor.size || !matchesDigest(*body, descriptor.digest)) {
      return TransportError{OciError::Kind::digestMismatch,
                            "gave other bytes than those of " + what};
    }
    return body;
  });
}

}  // namespace skiff
