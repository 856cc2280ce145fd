#include "server/api/version_resolution.h"

#include <algorithm>

#include "deploy/signature/verdict.h"
#include "server/api/json_io.h"

namespace skiff {

namespace json = boost::json;

Result<void> enforceSignature(const VersionRecord& version, const SignaturePolicy& policy) {
  // The detail of what is verified names the key by its fingerprint.
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kLength = kPrefix.size() + 64;
  Verdict verdict{.verdict = version.signature, .key = {}, .detail = version.signatureDetail};
  const std::size_t begin = version.signatureDetail.find(kPrefix);
  if (begin != std::string::npos) verdict.key = version.signatureDetail.substr(begin, kLength);
  return enforce(policy, verdict);
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
  // WASI has no working directory: programs that want one look where a shell would have put it.
  const json::value* folder = object->if_contains("working_dir");
  if (!folder || !folder->is_string() || folder->get_string() == "/") return;
  const bool isSet = std::any_of(spec.env.begin(), spec.env.end(),
                                 [](const auto& entry) { return entry.first == "PWD"; });
  if (!isSet) spec.env.emplace_back("PWD", folder->get_string().c_str());
}

}  // namespace skiff
