#pragma once

// Internal to this folder: one function a route, in one file a resource.

#include "server/api/request.h"

namespace skiff::handlers {

using Answer = ApiResult<ApiAnswer>;

Answer putTenant(ApiContext& context, const ApiRequest& request);
Answer getTenant(ApiContext& context, const ApiRequest& request);
Answer deleteTenant(ApiContext& context, const ApiRequest& request);
Answer listTenants(ApiContext& context, const ApiRequest& request);

Answer putApp(ApiContext& context, const ApiRequest& request);
Answer getApp(ApiContext& context, const ApiRequest& request);
Answer deleteApp(ApiContext& context, const ApiRequest& request);
Answer listApps(ApiContext& context, const ApiRequest& request);

Answer putSecret(ApiContext& context, const ApiRequest& request);
Answer deleteSecret(ApiContext& context, const ApiRequest& request);

Answer putCertificate(ApiContext& context, const ApiRequest& request);
Answer getCertificate(ApiContext& context, const ApiRequest& request);
Answer deleteCertificate(ApiContext& context, const ApiRequest& request);
Answer listCertificates(ApiContext& context, const ApiRequest& request);

Answer addVersion(ApiContext& context, const ApiRequest& request);
Answer getVersion(ApiContext& context, const ApiRequest& request);
Answer listVersions(ApiContext& context, const ApiRequest& request);

Answer putDeployment(ApiContext& context, const ApiRequest& request);
Answer getDeployment(ApiContext& context, const ApiRequest& request);
Answer listDeployments(ApiContext& context, const ApiRequest& request);
Answer rollBack(ApiContext& context, const ApiRequest& request);

Answer getLogs(ApiContext& context, const ApiRequest& request);
Answer getStatus(ApiContext& context, const ApiRequest& request);
Answer listAudit(ApiContext& context, const ApiRequest& request);

Answer addToken(ApiContext& context, const ApiRequest& request);
Answer listTokens(ApiContext& context, const ApiRequest& request);
Answer deleteToken(ApiContext& context, const ApiRequest& request);

}  // namespace skiff::handlers
