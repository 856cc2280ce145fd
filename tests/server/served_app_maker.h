#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/deployment.h"

namespace skiff {

/// Served apps for tests of what is around them: versions without modules.
struct ServedAppMaker {
  struct Version {
    std::string name;
    std::uint32_t weight = 1;
  };

  static std::shared_ptr<const AppVersion> version(const std::string& app,
                                                   const std::string& name) {
    VersionFacts facts;
    facts.tenant = "acme";
    facts.config.name = app;
    facts.name = name;
    return std::make_shared<const AppVersion>(std::move(facts));
  }

  static std::shared_ptr<ServedApp> app(const std::string& name,
                                        const std::vector<std::string>& routes,
                                        const std::vector<Version>& versions = {}) {
    auto made = std::make_shared<ServedApp>();
    made->tenant = "acme";
    made->name = name;
    for (const std::string& route : routes) made->routes.push_back(*RoutePattern::parse(route));
    for (const Version& wanted : versions) {
      made->versions.push_back(version(name, wanted.name));
      made->weights.push_back(wanted.weight);
    }
    made->split = Split(made->weights);
    return made;
  }
};

}  // namespace skiff
