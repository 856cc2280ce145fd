#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace skiff {

/// The number of the change that a record is of: later changes have higher numbers, whatever they
/// change. A record's ETag is made of it.
using Revision = std::int64_t;

/// Milliseconds since 1970-01-01T00:00:00Z.
using UnixMilliseconds = std::int64_t;

/// A tenant. `document` is what was put through the API: a JSON object with the keys of [[tenant]],
/// checked by whoever puts it.
struct TenantRecord {
  std::string name;
  std::string document;
  Revision revision = 0;
  UnixMilliseconds created = 0;
  UnixMilliseconds updated = 0;

  bool operator==(const TenantRecord&) const = default;
};

/// An app of a tenant. `document`: a JSON object with the keys of [[tenant.app]].
struct AppRecord {
  std::string tenant;
  std::string name;
  std::string document;
  /// Made with the app, 32 hexadecimal digits: who knows it may choose among the app's versions.
  std::string overrideKey;
  Revision revision = 0;  ///< of the document and the secrets
  UnixMilliseconds created = 0;
  UnixMilliseconds updated = 0;

  bool operator==(const AppRecord&) const = default;
};

/// What was found out about the signature of what a version was made of.
enum class SignatureVerdict : std::uint8_t {
  unchecked,  ///< the tenant's policy was "off"
  verified,   ///< by one of the tenant's keys
  missing,    ///< there was none ("warn")
  refused,    ///< there were some, and none by the tenant's keys ("warn")
};

/// One immutable version of an app. It is in the catalog once it can serve, and never changes.
struct VersionRecord {
  std::string tenant;
  std::string app;
  std::string version;           ///< its name: the first 16 hexadecimal digits of `digest`
  std::string digest;            ///< "sha256:<hex>" of the module, or of the image's manifest
  std::string moduleDigest;      ///< "sha256:<hex>" of the module: a blob
  std::uint64_t moduleSize = 0;  ///< bytes
  std::string tree;              ///< the name of its file tree, "<hex>"; empty: none
  std::string reference;         ///< of what it was pulled as, as it was given; empty: uploaded
  std::string abi;               ///< "wasi", "http-wasm": as preparation found it
  /// What an image's config says: `{"args":[…],"env":[["A","b"],…],"working_dir":"/…"}`, or empty.
  std::string settings;
  SignatureVerdict signature = SignatureVerdict::unchecked;
  std::string signatureDetail;     ///< one sentence: the key's file name, or why not
  std::vector<std::string> blobs;  ///< digests of everything that it needs, moduleDigest included
  UnixMilliseconds created = 0;
  std::string createdBy;  ///< the actor

  bool operator==(const VersionRecord&) const = default;
};

/// A version's part of its app's traffic.
struct SplitEntry {
  std::string version;
  std::uint32_t weight = 0;  ///< 0: gets only requests that ask for it

  bool operator==(const SplitEntry&) const = default;
};

enum class DeploymentCause : std::uint8_t { put, rollback, autoRollback, watch };

/// Which versions of an app get traffic. Never changed: the next one has a number of its own.
struct DeploymentRecord {
  std::string tenant;
  std::string app;
  std::int64_t number = 0;  ///< of this app's, from 1
  std::vector<SplitEntry> split;
  std::string sticky;        ///< "cookie:x", "header:x", "ip", or empty
  std::string autoRollback;  ///< a JSON object, or empty: none
  DeploymentCause cause = DeploymentCause::put;
  /// Where a rollback from here goes: the deployment's number; 0: nowhere. A deployment that is a
  /// rollback to N has N's.
  std::int64_t rollsBackTo = 0;
  Revision revision = 0;
  UnixMilliseconds created = 0;
  std::string createdBy;

  bool operator==(const DeploymentRecord&) const = default;
};

enum class Scope : std::uint8_t { operator_, tenantAdmin, tenantRead };

/// A token's record. The token itself is known to its owner alone.
struct TokenRecord {
  std::string id;  ///< 16 hexadecimal digits, at random
  Scope scope = Scope::tenantRead;
  std::string tenant;  ///< empty for an operator's
  std::string note;    ///< what it is for, in its maker's words
  UnixMilliseconds created = 0;
  UnixMilliseconds expires = 0;  ///< 0: never
  /// The id of the token that it was made with, which it does not outlive. Empty: none, or not
  /// known.
  std::string parent;

  bool operator==(const TokenRecord&) const = default;
};

/// A certificate that client listeners show for a host. Its key is beside it, sealed.
struct CertificateRecord {
  std::string host;  ///< as parseHostPattern() gives it: "example.com", "*.example.com"
  std::string tenant;
  std::string chain;  ///< PEM: the host's own, then those that vouch for it
  /// What the audit log says of it: JSON.
  std::string summary;
  Revision revision = 0;
  UnixMilliseconds created = 0;  ///< when this one was put
  std::string createdBy;         ///< the actor

  bool operator==(const CertificateRecord&) const = default;
};

/// One change: who, what, when, before and after. Secrets are in it by name alone.
struct AuditRecord {
  Revision revision = 0;
  UnixMilliseconds time = 0;
  std::string actor;    ///< "token 3f2a…", "skiffd" for what it did by itself
  std::string action;   ///< "tenant.put", "app.delete", "version.add", "deployment.set", …
  std::string tenant;   ///< empty if it concerns none
  std::string app;      ///< likewise
  std::string subject;  ///< the version, the secret's name, the token's id, …
  std::string before;   ///< JSON, or empty: there was none
  std::string after;    ///< likewise

  bool operator==(const AuditRecord&) const = default;
};

/// An answer that was given to a request with an Idempotency-Key.
struct RememberedAnswer {
  std::string requestHash;  ///< of method, path and body
  int status = 0;
  std::string body;

  bool operator==(const RememberedAnswer&) const = default;
};

}  // namespace skiff
