#include "server/api/version_resolution.h"

#include <algorithm>

#include "deploy/digest.h"
#include "server/api/base64.h"
#include "server/api/json_io.h"

namespace skiff {

namespace json = boost::json;

std::string keyFingerprint(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
  const std::size_t begin = pem.find(kBegin);
  if (begin == pem.npos) return {};
  const std::size_t end = pem.find("-----END", begin);
  if (end == pem.npos) return {};
  const auto bytes = decodeBase64(pem.substr(begin + kBegin.size(), end - begin - kBegin.size()));
  if (!bytes || bytes->empty()) return {};
  return sha256Digest(*bytes);
}

bool isSignedAsRequired(const VersionRecord& version, const SignaturePolicy& policy) {
  if (policy.mode != SignaturePolicy::Mode::require) return true;
  if (version.signature != SignatureVerdict::verified) return false;
  return std::any_of(policy.keys.begin(), policy.keys.end(), [&](const std::string& key) {
    const std::string fingerprint = keyFingerprint(key);
    return !fingerprint.empty() && version.signatureDetail.find(fingerprint) != std::string::npos;
  });
}

void readImageSettings(std::string_view settings, VersionSpec& spec) {
  const json::value value = parseOwn(settings);
  const json::object* object = value.if_object();
  if (!object) return;
  if (const json::value* args = object->if_contains("args"); args && args->is_array()) {
    for (const json::value& arg : args->get_array()) {
      if (arg.is_string()) spec.args.emplace_back(arg.get_string().c_str());
    }
  }
  if (const json::value* env = object->if_contains("env"); env && env->is_array()) {
    for (const json::value& entry : env->get_array()) {
      const json::array* pair = entry.if_array();
      if (!pair || pair->size() != 2 || !(*pair)[0].is_string() || !(*pair)[1].is_string()) {
        continue;
      }
      spec.env.emplace_back((*pair)[0].get_string().c_str(), (*pair)[1].get_string().c_str());
    }
  }
}

}  // namespace skiff
