#include "tests/deploy/oci/token_signer.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstdio>
#include <ctime>
#include <stdexcept>

#include "tests/deploy/oci/scripted_registry.h"

namespace skiff::testing {
namespace {

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(text.data()),
      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()))));
  return text;
}

std::string base64Url(const std::string& bytes) {
  std::string text = base64(bytes);
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  while (text.ends_with('=')) text.pop_back();
  return text;
}

}  // namespace

TokenSigner::TokenSigner(const Certificates& certificates) {
  std::FILE* const file = std::fopen(certificates.caKey().c_str(), "r");
  key_ = PEM_read_PrivateKey(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  if (key_ == nullptr) throw std::runtime_error("no private key");
  const std::string pem = readFile(certificates.ca());
  const std::size_t begin = pem.find('\n') + 1;
  for (const char c : pem.substr(begin, pem.find("-----END") - begin)) {
    if (c != '\n') certificate_ += c;
  }
}

TokenSigner::~TokenSigner() {
  EVP_PKEY_free(key_);
}

std::string TokenSigner::token(const std::string& actions) const {
  const auto now = std::time(nullptr);
  const std::string signedPart =
      base64Url(R"({"typ":"JWT","alg":"RS256","x5c":[")" + certificate_ + "\"]}") + "." +
      base64Url(R"({"iss":"issuer","sub":"","aud":"service","jti":"1","iat":)" +
                std::to_string(now - 10) + R"(,"nbf":)" + std::to_string(now - 10) + R"(,"exp":)" +
                std::to_string(now + 300) +
                R"(,"access":[{"type":"repository","name":"t/app","actions":[)" + actions + "]}]}");
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  std::string signature(512, '\0');
  std::size_t size = signature.size();
  EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
  EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                 reinterpret_cast<const unsigned char*>(signedPart.data()), signedPart.size());
  EVP_MD_CTX_free(context);
  signature.resize(size);
  return signedPart + "." + base64Url(signature);
}

}  // namespace skiff::testing
