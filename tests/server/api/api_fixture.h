#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "deploy/blobs/blob_store.h"
#include "deploy/catalog/catalog.h"
#include "server/admin/admin_server.h"
#include "server/api/api.h"
#include "server/api/operations.h"
#include "tests/server/api/http_client.h"
#include "tests/server/api/scripted_images.h"
#include "tests/server/api/scripted_runtime.h"
#include "tests/temporary_directory.h"

namespace skiff::testing {

/// The API over HTTP, with a real catalog and a real store of blobs, and a runtime that does as it
/// is told.
class ApiFixture : public ::testing::Test {
 protected:
  ApiFixture();
  ~ApiFixture() override;

  /// Opens all parts, with what an earlier call left on disk.
  void start(AdminLimits limits = quickLimits());
  void stop();
  /// Refusals are not held back.
  static AdminLimits quickLimits();

  /// One request over a connection of its own: all bytes of the answer, as they came.
  std::string askForText(std::string_view method, std::string_view target, std::string_view token,
                         std::string_view body = {}, HttpFields fields = {});
  /// One request over a connection of its own.
  HttpAnswer ask(std::string_view method, std::string_view target, std::string_view token,
                 std::string_view body = {}, HttpFields fields = {});
  /// The same by the operator, with a JSON body.
  HttpAnswer put(std::string_view target, std::string_view body, HttpFields fields = {});
  HttpAnswer get(std::string_view target);
  HttpAnswer post(std::string_view target, std::string_view body, HttpFields fields = {});
  HttpAnswer remove(std::string_view target, HttpFields fields = {});

  std::string makeToken(std::string_view scope, std::string_view tenant);
  /// The tenant with an app on the route "<app>.<tenant>.test/*".
  void makeApp(const std::string& tenant, const std::string& app);
  /// Uploads a module with this content; the version's name.
  std::string makeVersion(const std::string& tenant, const std::string& app,
                          std::string_view content);
  void deploy(const std::string& tenant, const std::string& app, const std::string& version);

  TemporaryDirectory directory_;
  ScriptedRuntime runtime_;
  ScriptedImages images_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<BlobStore> blobs_;
  std::optional<Operations> operations_;
  std::optional<Api> api_;
  std::optional<AdminServer> server_;
  std::vector<TenantConfig> fileTenants_;
  CertificateSet* certificates_ = nullptr;  ///< to be set before start(), if a test has use for it
  std::size_t versionsKept_ = 20;
  ByteSize blobCap_ = 1_GiB;
  ByteSize tenantBlobsMax_ = 2_GiB;
  std::atomic<std::int64_t> clockOffset_ = 0;  ///< seconds that the catalog's clock is ahead
  std::string operator_;                       ///< the operator's token
};

}  // namespace skiff::testing
