#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "deploy/catalog/catalog.h"
#include "server/api/answer.h"
#include "server/api/problem.h"
#include "server/api/request.h"

namespace skiff {

/// Answers to POSTs with an Idempotency-Key, to be given again for a day: those that did something,
/// so that a request that was refused can be tried again. What is kept is encrypted with a key made
/// of the caller's token, which only its owner has: an answer may hold a new token. Any thread.
class RepeatedAnswers {
 public:
  explicit RepeatedAnswers(Catalog& catalog) : catalog_(catalog) {}

  /// A request under way; another one under its key waits for its end.
  class Attempt {
   public:
    Attempt(Attempt&& other) noexcept
        : answers_(std::exchange(other.answers_, nullptr)), key_(std::move(other.key_)) {}
    Attempt& operator=(Attempt&&) = delete;
    ~Attempt();

   private:
    friend class RepeatedAnswers;
    Attempt(RepeatedAnswers* answers, std::pair<std::string, std::string> key)
        : answers_(answers), key_(std::move(key)) {}
    RepeatedAnswers* answers_;
    std::pair<std::string, std::string> key_;
  };

  /// `too_many_requests` while the same is being answered.
  ApiResult<Attempt> begin(const ApiRequest& request);
  /// The answer that was given; `invalid` if it was given to another request. Nothing if there is
  /// none.
  ApiResult<std::optional<ApiAnswer>> find(const ApiRequest& request) const;
  void keep(const ApiRequest& request, const ApiAnswer& answer);

 private:
  Catalog& catalog_;
  std::mutex mutex_;
  std::set<std::pair<std::string, std::string>> running_;
};

}  // namespace skiff
