#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

// What the catalog keeps at most, so that its file does not grow without end.
namespace skiff::catalog_bounds {

// The audit log: the oldest records go first. One tenant's changes do not push out another's.
inline constexpr std::int64_t kAuditRecords = 1'000'000;
inline constexpr std::int64_t kAuditRecordsOfTenant = 10'000;
inline constexpr std::chrono::days kAuditAge{90};
/// Bytes of what was there before, and after; of more, size and digest are recorded.
inline constexpr std::size_t kAuditedDocument = 16 << 10;

/// Deployments of an app. The one that a rollback goes to stays, however old.
inline constexpr std::int64_t kDeployments = 100;

/// Tokens that have expired are listed that long.
inline constexpr std::chrono::days kExpiredToken{30};

// Answers to requests that may be repeated.
inline constexpr std::int64_t kAnswersOfToken = 1'000;
inline constexpr std::chrono::hours kAnswerAge{24};
inline constexpr std::size_t kAnswerSize = 64 << 10;  ///< bytes

// What one owner may have.
inline constexpr std::int64_t kAppsOfTenant = 1'000;
inline constexpr std::int64_t kTokensOfTenant = 1'000;
inline constexpr std::int64_t kSecretsOfApp = 256;
inline constexpr std::int64_t kCertificatesOfTenant = 100;
inline constexpr std::size_t kSecretSize = 64 << 10;  ///< bytes

}  // namespace skiff::catalog_bounds
