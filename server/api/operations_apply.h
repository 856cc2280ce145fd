#pragma once

// Internal to this folder: how operations make their changes.

#include <optional>
#include <utility>

#include "server/api/operations.h"

namespace skiff {

template <class T>
ApiResult<T> Operations::apply(const Caller& caller, AppRuntime::Change change,
                               const std::function<CatalogResult<T>()>& commit) {
  std::optional<CatalogResult<T>> outcome;
  const auto served = parts_.runtime.apply(std::move(change), [&] {
    outcome.emplace(commit());
    return outcome->has_value();
  });
  if (outcome && outcome->has_error()) return problemOf(outcome->error());
  if (served.has_error()) return refusalProblem(caller, served.error());
  if (!outcome) {
    return ApiProblem{ProblemCode::internal, "The change was not made; see the operator's log."};
  }
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return **std::move(outcome);
  }
}

}  // namespace skiff
