#include "deploy/catalog/secret_cipher.h"
#include "server/api/handlers.h"
#include "server/api/json_io.h"
#include "server/api/reply.h"
#include "server/tls/certificate_facts.h"
#include "server/tls/pem.h"

namespace skiff::handlers {

namespace json = boost::json;

namespace {

json::object viewOf(const CertificateRecord& record, const Operations& operations) {
  json::object view{{"host", record.host}, {"tenant", record.tenant}};
  if (const auto chain = parsePemChain(record.chain, record.host)) {
    const CertificateFacts facts = factsOf(*chain->leaf);
    view["subject"] = facts.subject;
    view["issuer"] = facts.issuer;
    view["serial"] = facts.serial;
    view["names"] = json::array(facts.names.begin(), facts.names.end());
    view["key_type"] = facts.key;
    view["fingerprint"] = facts.fingerprint;
    view["not_before"] = timeValue(facts.notBefore * 1000);
    view["not_after"] = timeValue(facts.notAfter * 1000);
  }
  view["shown"] = operations.isShown(record);
  view["revision"] = record.revision;
  view["created"] = timeValue(record.created);
  view["created_by"] = record.createdBy;
  return view;
}

/// Wherever it was parsed into.
struct Cleansed {
  std::string text;
  ~Cleansed() { cleanse(text); }
};

}  // namespace

Answer putCertificate(ApiContext& context, const ApiRequest& request) {
  const auto body = parseObject(request.body);
  if (body.has_error()) return body.error();
  std::vector<KeyProblem> errors;
  reportUnknownKeys(*body, "", {"certificate", "key"}, errors);
  const json::value* chain = body->if_contains("certificate");
  const json::value* key = body->if_contains("key");
  for (const auto& [name, value] : {std::pair("certificate", chain), std::pair("key", key)}) {
    if (!value || !value->is_string()) errors.push_back({name, "must be a string of PEM."});
  }
  if (!errors.empty()) return invalidProblem(std::move(errors));
  const Cleansed keyText{std::string(key->get_string())};
  const auto put = context.operations.putCertificate(request.caller, request.path.tenant,
                                                     decodedSegment(request.path.name),
                                                     chain->get_string(), keyText.text);
  if (put.has_error()) return put.error();
  return taggedAnswer(put->created ? 201 : 200, viewOf(put->record, context.operations),
                      put->record.revision);
}

Answer getCertificate(ApiContext& context, const ApiRequest& request) {
  const auto record =
      context.operations.certificate(request.path.tenant, decodedSegment(request.path.name));
  if (record.has_error()) return record.error();
  return taggedAnswer(200, viewOf(*record, context.operations), record->revision);
}

Answer deleteCertificate(ApiContext& context, const ApiRequest& request) {
  const auto deleted = context.operations.deleteCertificate(request.caller, request.path.tenant,
                                                            decodedSegment(request.path.name));
  if (deleted.has_error()) return deleted.error();
  return emptyAnswer();
}

Answer listCertificates(ApiContext& context, const ApiRequest& request) {
  const auto limit = queryLimit(request);
  if (limit.has_error()) return limit.error();
  const std::string after = queryValue(request, "after").value_or("");
  // A tenant has few, and one more tells whether there are more.
  const auto records = context.operations.certificates(request.path.tenant, after, *limit + 1);
  if (records.has_error()) return records.error();
  Page page(*limit, "host");
  for (const CertificateRecord& record : *records) {
    if (!page.add(viewOf(record, context.operations))) break;
  }
  return page.answer();
}

}  // namespace skiff::handlers
