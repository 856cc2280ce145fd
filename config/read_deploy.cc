#include "config/read_deploy.h"

namespace skiff {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPull{1'000};
constexpr milliseconds kLongestPull{86'400'000};  // a day
constexpr ByteSize kLeastBlobs = 64_MiB;
constexpr ByteSize kLeastTenantBlobs = 16_MiB;
constexpr ByteSize kMostBlobs = ByteSize(std::uint64_t{1} << 50);
constexpr ByteSize kLeastContent = 64_KiB;
constexpr ByteSize kMostContent = ByteSize(std::uint64_t{1} << 40);
constexpr std::uint32_t kFewestVersions = 2;  // the one that serves, and the one to go back to
constexpr std::uint32_t kMostVersions = 1'000;

}  // namespace

DeployConfig readDeploy(TableReader table) {
  DeployConfig deploy;
  table.size("blobs_max", kLeastBlobs, kMostBlobs, deploy.blobsMax);
  table.size("tenant_blobs_max", kLeastTenantBlobs, kMostBlobs, deploy.tenantBlobsMax);
  table.milliseconds("pull_timeout_ms", kShortestPull, kLongestPull, deploy.pullTimeout);
  table.size("layer_max", kLeastContent, kMostContent, deploy.layerMax);
  table.size("unpacked_max", kLeastContent, kMostContent, deploy.unpackedMax);
  table.integer("versions_kept", kFewestVersions, kMostVersions, deploy.versionsKept);
  table.finish();
  return deploy;
}

}  // namespace skiff
