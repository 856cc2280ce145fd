#pragma once

#include <string>

#include "deploy/catalog/records.h"

namespace skiff {

// What the audit log says of records that are no JSON documents themselves.

std::string auditJson(const VersionRecord& version);
std::string auditJson(const DeploymentRecord& deployment);
std::string auditJson(const TokenRecord& token);

}  // namespace skiff
