#pragma once

// Internal to this folder: answers that handlers give.

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "server/api/answer.h"
#include "server/api/request.h"

namespace skiff {

inline ApiAnswer jsonAnswer(unsigned status, const boost::json::value& body) {
  return {.status = status,
          .contentType = "application/json",
          .body = boost::json::serialize(body) + "\n"};
}

inline ApiAnswer taggedAnswer(unsigned status, const boost::json::value& body, Revision revision) {
  ApiAnswer answer = jsonAnswer(status, body);
  // What the configuration file defines has no revision.
  if (revision != 0) answer.fields.emplace_back("ETag", entityTag(revision));
  return answer;
}

inline ApiAnswer emptyAnswer() {
  return {.status = 204};
}

/// `{"items":[…],"next":"NAME"|null}`
inline ApiAnswer listAnswer(boost::json::array items, boost::json::value next) {
  return jsonAnswer(200,
                    boost::json::object{{"items", std::move(items)}, {"next", std::move(next)}});
}

/// A page of a list: so many items, and about 4 MiB of text, at most; but one item in any case.
class Page {
 public:
  /// How many records are read at once, so that those of a whole page are never held.
  static constexpr std::size_t kPiece = 32;

  /// `mark`: the key of an item whose value is `next` where more follow.
  Page(std::size_t limit, std::string_view mark) : limit_(limit), mark_(mark) {}

  /// False: there is no place for it, so the page is to end here.
  bool add(boost::json::object item) {
    const std::size_t bytes = boost::json::serialize(item).size();
    isCut_ = items_.size() == limit_ || (!items_.empty() && bytes_ + bytes > kBytes);
    if (isCut_) return false;
    bytes_ += bytes;
    items_.push_back(std::move(item));
    return true;
  }
  ApiAnswer answer() {
    boost::json::value next;
    if (isCut_) next = items_.back().at(mark_);
    return listAnswer(std::move(items_), std::move(next));
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{4} << 20;

  std::size_t limit_;
  std::string_view mark_;
  std::size_t bytes_ = 0;
  bool isCut_ = false;
  boost::json::array items_;
};

}  // namespace skiff
