#pragma once

#include <string_view>

#include "deploy/catalog/records.h"
#include "deploy/catalog/sqlite.h"

namespace skiff {

/// What an audit record is about, beside who and when.
struct Audited {
  std::string_view action = {};
  std::string_view tenant = {};
  std::string_view app = {};
  std::string_view subject = {};
  std::string_view before = {};
  std::string_view after = {};
};

/// One change that is being made, within its transaction.
class Change {
 public:
  Change(sqlite::Database& database, std::string_view actor, UnixMilliseconds time)
      : database_(database), actor_(actor), time_(time) {}

  sqlite::Database& database() const { return database_; }
  UnixMilliseconds time() const { return time_; }
  std::string_view actor() const { return actor_; }
  /// This change's number: taken when it is first asked for.
  Revision revision();
  /// Its line in the audit log. REQUIRES: once per change that has a revision.
  void audit(const Audited& audited);

 private:
  sqlite::Database& database_;
  const std::string_view actor_;
  const UnixMilliseconds time_;
  Revision revision_ = 0;
};

}  // namespace skiff
