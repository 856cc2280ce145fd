#include "server/http/problem.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "server/http/response_head.h"

namespace skiff {
namespace {

constexpr std::size_t kLongestDetail = 500;

/// Whatever a detail quotes, the answer is valid JSON: other bytes than printable ASCII become '?'.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, kLongestDetail));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

boost::json::array stackArray(std::span<const std::string> stack) {
  boost::json::array lines;
  std::size_t room = kLargestStack;
  for (const std::string& line : stack) {
    // Printable: only '"' and '\\' grow, to two bytes.
    const std::size_t size = 2 * line.size() + 3;
    if (size > room) break;
    room -= size;
    lines.emplace_back(line);
  }
  return lines;
}

}  // namespace

void fillProblemHead(ResponseHead& head, const Problem& problem) {
  head.headers.clear();
  head.trailers.clear();
  head.status = problem.status;
  head.headers.addReference("Content-Type", "application/problem+json");
  // A 404 or 503 may otherwise be kept by caches.
  head.headers.addReference("Cache-Control", "no-store");
  head.headers.addReference("skiff-reason", reasonWord(problem.reason));
  const unsigned usual = reasonRetryAfter(problem.reason);
  if (const unsigned seconds = problem.retryAfter != 0 ? problem.retryAfter : usual) {
    head.headers.add("Retry-After", std::to_string(seconds));
  }
}

std::string problemBody(const Problem& problem) {
  boost::json::object body;
  body["type"] = "about:blank";
  body["title"] = boost::json::string_view(reasonTitle(problem.reason));
  body["status"] = problem.status;
  if (!problem.detail.empty()) body["detail"] = printable(problem.detail);
  body["reason"] = boost::json::string_view(reasonWord(problem.reason));
  if (!problem.stack.empty()) body["stack"] = stackArray(problem.stack);
  body["request_id"] = boost::json::string_view(problem.requestId);
  return boost::json::serialize(body) + "\n";
}

std::string problemMessage(ResponseHead& head, const Problem& problem, HeadOnly headOnly,
                           std::string_view date) {
  fillProblemHead(head, problem);
  const std::string body = problemBody(problem);
  ResponseContext context;
  context.headOnly = headOnly == HeadOnly::yes;
  context.keepAlive = false;
  context.bodySize = body.size();
  const ResponsePlan plan = planResponse(head, context);
  std::string message;
  appendHead(message, head, plan, false, date);
  if (plan.framing == ResponseFraming::length) message += body;
  return message;
}

}  // namespace skiff
