#include "tests/deploy/signature/signer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <stdexcept>

#include "deploy/digest.h"

namespace skiff::testing {
namespace {

namespace json = boost::json;

constexpr std::string_view kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kEmptyConfig = "{}";

EVP_PKEY* makeKey(Signer::Kind kind) {
  switch (kind) {
    case Signer::Kind::p256:
      return EVP_EC_gen("P-256");
    case Signer::Kind::p384:
      return EVP_EC_gen("P-384");
    case Signer::Kind::ed25519:
      return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    case Signer::Kind::rsa2048:
      return EVP_RSA_gen(2048);
    case Signer::Kind::rsa1024:
      return EVP_RSA_gen(1024);
  }
  return nullptr;
}

template <class Write>
std::string pemOf(const Write& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
  if (write(out.get()) != 1) throw std::runtime_error("OpenSSL cannot write the key");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

json::object descriptor(std::string_view mediaType, std::string_view bytes) {
  return {
      {"mediaType", json::string(mediaType)}, {"digest", digestOf(bytes)}, {"size", bytes.size()}};
}

void writeFile(const std::filesystem::path& file, std::string_view bytes) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

void writeBlob(const std::filesystem::path& folder, std::string_view bytes) {
  writeFile(folder / "blobs" / "sha256" / digestOf(bytes).substr(7), bytes);
}

}  // namespace

std::string encodeBase64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // and a NUL
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

std::string digestOf(std::string_view bytes) {
  return sha256Digest({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Signer::Signer(Kind kind) : key_(makeKey(kind), EVP_PKEY_free) {
  if (key_ == nullptr) throw std::runtime_error("OpenSSL cannot make a key");
}

std::string Signer::publicPem() const {
  return pemOf([&](BIO* out) { return PEM_write_bio_PUBKEY(out, key_.get()); });
}

std::string Signer::privatePem() const {
  return pemOf([&](BIO* out) {
    return PEM_write_bio_PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

PublicKey Signer::publicKey() const {
  return PublicKey::parse(publicPem()).value();
}

std::string Signer::sign(std::string_view message) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  const EVP_MD* hash =
      EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_ED25519 ? nullptr : EVP_sha256();
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  std::size_t length = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes, message.size()) != 1) {
    throw std::runtime_error("OpenSSL cannot sign");
  }
  std::string signature(length, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                     bytes, message.size()) != 1) {
    throw std::runtime_error("OpenSSL cannot sign");
  }
  signature.resize(length);
  return signature;
}

std::string simpleSigningPayload(std::string_view digest, std::string_view type) {
  return json::serialize(json::object{
      {"critical",
       json::object{{"identity", json::object{{"docker-reference", "registry.example/app"}}},
                    {"image", json::object{{"docker-manifest-digest", json::string(digest)}}},
                    {"type", json::string(type)}}},
      {"optional", nullptr}});
}

std::string statement(std::string_view digest, const BundleText& text) {
  const std::size_t colon = digest.find(':');
  json::object digests{
      {json::string(digest.substr(0, colon)), json::string(digest.substr(colon + 1))}};
  return json::serialize(
      json::object{{"_type", text.statementType},
                   {"subject", json::array{json::object{{"digest", std::move(digests)}}}},
                   {"predicateType", text.predicate},
                   {"predicate", json::object{}}});
}

std::string envelopeSignature(const Signer& signer, std::string_view payload,
                              const BundleText& text) {
  const std::string message = "DSSEv1 " + std::to_string(text.payloadType.size()) + " " +
                              text.payloadType + " " + std::to_string(payload.size()) + " " +
                              std::string(payload);
  return json::serialize(json::object{{"sig", encodeBase64(signer.sign(message))}});
}

std::string bundleAround(std::string_view payload, std::string_view signatures,
                         const BundleText& text) {
  return json::serialize(json::object{
      {"mediaType", text.mediaType},
      {"verificationMaterial",
       json::object{{"publicKey", json::object{{"hint", "test"}}}, {"tlogEntries", json::array{}}}},
      {"dsseEnvelope", json::object{{"payload", encodeBase64(payload)},
                                    {"payloadType", text.payloadType},
                                    {"signatures", json::parse(json::string_view(
                                                       signatures.data(), signatures.size()))}}}});
}

std::string bundle(const Signer& signer, std::string_view digest, const BundleText& text) {
  const std::string payload = statement(digest, text);
  return bundleAround(payload, "[" + envelopeSignature(signer, payload, text) + "]", text);
}

SignatureCandidate tagCandidate(const std::vector<SignatureText>& layers) {
  SignatureCandidate candidate;
  json::array descriptors;
  for (const SignatureText& layer : layers) {
    json::object one = descriptor("application/vnd.dev.cosign.simplesigning.v1+json", layer.blob);
    one["annotations"] = json::object{{"dev.cosignproject.cosign/signature", layer.signature}};
    descriptors.push_back(std::move(one));
    candidate.blobs.push_back({digestOf(layer.blob), layer.blob});
  }
  candidate.form = SignatureForm::tag;
  candidate.manifest = json::serialize(
      json::object{{"schemaVersion", 2},
                   {"mediaType", json::string(kManifestType)},
                   {"config", descriptor("application/vnd.oci.image.config.v1+json", kEmptyConfig)},
                   {"layers", std::move(descriptors)}});
  return candidate;
}

SignatureCandidate referrerCandidate(const SignedImage& image, std::string_view bundle) {
  const std::string type = BundleText().mediaType;
  SignatureCandidate candidate;
  candidate.form = SignatureForm::referrer;
  candidate.blobs.push_back({digestOf(bundle), std::string(bundle)});
  candidate.manifest = json::serialize(json::object{
      {"schemaVersion", 2},
      {"mediaType", json::string(kManifestType)},
      {"artifactType", type},
      {"config", descriptor("application/vnd.oci.empty.v1+json", kEmptyConfig)},
      {"layers", json::array{descriptor(type, bundle)}},
      {"subject",
       json::object{
           {"mediaType", image.mediaType}, {"digest", image.digest}, {"size", image.size}}},
      {"annotations",
       json::object{{"dev.sigstore.bundle.content", "dsse-envelope"},
                    {"dev.sigstore.bundle.predicateType", BundleText().predicate}}}});
  return candidate;
}

SignatureCandidate sign(const Signer& signer, SignatureForm form, const SignedImage& image) {
  if (form == SignatureForm::referrer)
    return referrerCandidate(image, bundle(signer, image.digest));
  const std::string payload = simpleSigningPayload(image.digest);
  return tagCandidate({{payload, encodeBase64(signer.sign(payload))}});
}

std::string writeLayout(const std::filesystem::path& folder, const SignatureCandidate& candidate,
                        const SignedImage& image) {
  std::string tag = image.digest;
  std::replace(tag.begin(), tag.end(), ':', '-');
  writeBlob(folder, kEmptyConfig);
  for (const SignatureBlob& blob : candidate.blobs) writeBlob(folder, blob.bytes);
  writeBlob(folder, candidate.manifest);
  json::object top = descriptor(kManifestType, candidate.manifest);
  if (candidate.form == SignatureForm::tag) {
    tag += ".sig";
  } else {
    constexpr std::string_view kIndexType = "application/vnd.oci.image.index.v1+json";
    top["artifactType"] = BundleText().mediaType;
    const std::string index =
        json::serialize(json::object{{"schemaVersion", 2},
                                     {"mediaType", json::string(kIndexType)},
                                     {"manifests", json::array{std::move(top)}}});
    writeBlob(folder, index);
    top = descriptor(kIndexType, index);
  }
  top["annotations"] = json::object{{"org.opencontainers.image.ref.name", tag}};
  writeFile(folder / "index.json",
            json::serialize(
                json::object{{"schemaVersion", 2}, {"manifests", json::array{std::move(top)}}}));
  writeFile(folder / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})");
  return tag;
}

}  // namespace skiff::testing
