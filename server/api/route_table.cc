#include "server/api/route_table.h"

#include <array>

#include "server/api/handlers.h"

namespace skiff {
namespace {

constexpr std::string_view kTenant = "/v1/tenants/{tenant}";
constexpr std::string_view kApps = "/v1/tenants/{tenant}/apps";
constexpr std::string_view kApp = "/v1/tenants/{tenant}/apps/{app}";
constexpr std::string_view kSecret = "/v1/tenants/{tenant}/apps/{app}/secrets/{name}";
constexpr std::string_view kCertificates = "/v1/tenants/{tenant}/certificates";
constexpr std::string_view kCertificate = "/v1/tenants/{tenant}/certificates/{host}";
constexpr std::string_view kVersions = "/v1/tenants/{tenant}/apps/{app}/versions";
constexpr std::string_view kVersion = "/v1/tenants/{tenant}/apps/{app}/versions/{version}";
constexpr std::string_view kDeployment = "/v1/tenants/{tenant}/apps/{app}/deployment";
constexpr std::string_view kDeployments = "/v1/tenants/{tenant}/apps/{app}/deployments";
constexpr std::string_view kRollback = "/v1/tenants/{tenant}/apps/{app}/rollback";
constexpr std::string_view kLogs = "/v1/tenants/{tenant}/apps/{app}/logs";

constexpr std::array kRoutes{
    ApiRoute{"GET", "/v1/tenants", Access::tenantRead, handlers::listTenants, "", "TenantList"},
    ApiRoute{"PUT", kTenant, Access::operatorOnly, handlers::putTenant, "TenantDocument", "Tenant",
             BodyKind::json},
    ApiRoute{"GET", kTenant, Access::tenantRead, handlers::getTenant, "", "Tenant"},
    ApiRoute{"DELETE", kTenant, Access::operatorOnly, handlers::deleteTenant, "", ""},

    ApiRoute{"GET", kApps, Access::tenantRead, handlers::listApps, "", "AppList"},
    ApiRoute{"PUT", kApp, Access::tenantAdmin, handlers::putApp, "AppDocument", "App",
             BodyKind::json},
    ApiRoute{"GET", kApp, Access::tenantRead, handlers::getApp, "", "App"},
    ApiRoute{"DELETE", kApp, Access::tenantAdmin, handlers::deleteApp, "", ""},

    ApiRoute{"PUT", kSecret, Access::tenantAdmin, handlers::putSecret, "Secret", "",
             BodyKind::json},
    ApiRoute{"DELETE", kSecret, Access::tenantAdmin, handlers::deleteSecret, "", ""},

    ApiRoute{"GET", kCertificates, Access::tenantRead, handlers::listCertificates, "",
             "CertificateList"},
    ApiRoute{"PUT", kCertificate, Access::tenantAdmin, handlers::putCertificate,
             "CertificateDocument", "Certificate", BodyKind::json},
    ApiRoute{"GET", kCertificate, Access::tenantRead, handlers::getCertificate, "", "Certificate"},
    ApiRoute{"DELETE", kCertificate, Access::tenantAdmin, handlers::deleteCertificate, "", ""},

    ApiRoute{"POST", kVersions, Access::tenantAdmin, handlers::addVersion, "ImageReference",
             "Version", BodyKind::moduleOrJson, Streaming::ifAccepted, Effort::slow},
    ApiRoute{"GET", kVersions, Access::tenantRead, handlers::listVersions, "", "VersionList"},
    ApiRoute{"GET", kVersion, Access::tenantRead, handlers::getVersion, "", "Version"},

    ApiRoute{"PUT", kDeployment, Access::tenantAdmin, handlers::putDeployment, "DeploymentDocument",
             "Deployment", BodyKind::json},
    ApiRoute{"GET", kDeployment, Access::tenantRead, handlers::getDeployment, "", "Deployment"},
    ApiRoute{"GET", kDeployments, Access::tenantRead, handlers::listDeployments, "",
             "DeploymentList"},
    ApiRoute{"POST", kRollback, Access::tenantAdmin, handlers::rollBack, "Empty", "Deployment",
             BodyKind::json},

    ApiRoute{"GET", kLogs, Access::tenantRead, handlers::getLogs, "", "LogLine", BodyKind::none,
             Streaming::always},
    ApiRoute{"GET", "/v1/status", Access::tenantRead, handlers::getStatus, "", "Status"},
    ApiRoute{"GET", "/v1/audit", Access::tenantRead, handlers::listAudit, "", "AuditList"},

    ApiRoute{"GET", "/v1/tokens", Access::tenantRead, handlers::listTokens, "", "TokenList"},
    ApiRoute{"POST", "/v1/tokens", Access::tenantAdmin, handlers::addToken, "TokenRequest",
             "NewToken", BodyKind::json},
    ApiRoute{"DELETE", "/v1/tokens/{id}", Access::tenantAdmin, handlers::deleteToken, "", ""},
};

}  // namespace

std::span<const ApiRoute> apiRoutes() {
  return kRoutes;
}

bool matchPath(std::string_view path, std::string_view templatePath, PathNames& names) {
  while (true) {
    const std::string_view segment = path.substr(0, path.find('/'));
    const std::string_view part = templatePath.substr(0, templatePath.find('/'));
    if (part.starts_with('{')) {
      if (segment.empty()) return false;
      std::string& name = part == "{tenant}" ? names.tenant
                          : part == "{app}"  ? names.app
                                             : names.name;
      name = segment;
    } else if (segment != part) {
      return false;
    }
    if (segment.size() == path.size() || part.size() == templatePath.size()) {
      return segment.size() == path.size() && part.size() == templatePath.size();
    }
    path.remove_prefix(segment.size() + 1);
    templatePath.remove_prefix(part.size() + 1);
  }
}

std::string allowedMethods(std::string_view path) {
  std::string allowed;
  for (const ApiRoute& route : kRoutes) {
    PathNames names;
    if (!matchPath(path, route.path, names)) continue;
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method;
    if (route.method == "GET") allowed += ", HEAD";
  }
  return allowed;
}

}  // namespace skiff
