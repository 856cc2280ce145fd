#pragma once

// Internal to this folder: answers that handlers give.

#include <boost/json.hpp>
#include <string>
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

}  // namespace skiff
