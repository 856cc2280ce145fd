// Header and trailer fields of request and response.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

#include "isolate/abi/http_handler_call.h"
#include "isolate/abi/http_handler_functions.h"

namespace skiff::http_handler {
namespace {

enum class Kind : std::uint32_t { request, response, requestTrailers, responseTrailers };

bool isTrailers(Kind kind) {
  return kind == Kind::requestTrailers || kind == Kind::responseTrailers;
}
bool isOfRequest(Kind kind) {
  return kind == Kind::request || kind == Kind::requestTrailers;
}

constexpr std::string_view kUnknownKind =
    "kind must be 0 (request), 1 (response), 2 (request trailers) or 3 (response trailers)";

HeaderList& listOf(Exchange& exchange, Kind kind) {
  switch (kind) {
    case Kind::request:
      return exchange.request().headers;
    case Kind::response:
      return exchange.response().headers;
    case Kind::requestTrailers:
      return exchange.request().trailers;
    case Kind::responseTrailers:
      break;
  }
  return exchange.response().trailers;
}

/// Fields that say how a message is framed on one connection (RFC 9110, 7.6.1), which is not the
/// guest's to say.
bool isFraming(std::string_view name, Kind kind) {
  static constexpr std::array<std::string_view, 7> kAlways = {
      "connection", "keep-alive",        "proxy-connection", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  const auto same = [name](std::string_view other) { return equalsIgnoringCase(name, other); };
  if (std::any_of(kAlways.begin(), kAlways.end(), same)) return true;
  if (kind == Kind::request) return same("content-length") || same("expect");
  return isTrailers(kind) && (same("content-length") || same("host"));
}

bool isDecimal(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Where a getter looks: nothing after a trap; an empty list if there are none to see.
const HeaderList* readable(const Call& call, std::uint32_t kindValue, const HeaderList& none) {
  if (kindValue > static_cast<std::uint32_t>(Kind::responseTrailers)) {
    call.trap(kUnknownKind);
    return nullptr;
  }
  Exchange* exchange = call.exchange();
  if (!exchange) return nullptr;
  const Kind kind{kindValue};
  if (isTrailers(kind) && !call.enabled(kTrailers)) return &none;
  return &listOf(*exchange, kind);
}

/// What a setter works on. Without a list there is nothing to do, and `result` says how to return.
struct Target {
  HeaderList* list = nullptr;
  Kind kind = Kind::request;
  std::string_view name{};
  HostResult result = HostResult::stop();
};

Target writable(const Call& call, const std::uint32_t* slots) {
  if (slots[0] > static_cast<std::uint32_t>(Kind::responseTrailers)) {
    return {.result = call.trap(kUnknownKind)};
  }
  const Kind kind{slots[0]};
  Exchange* exchange =
      isOfRequest(kind) ? call.exchangeBeforeNext("change the request's fields") : call.exchange();
  if (!exchange) return {};
  if (isTrailers(kind) && !call.enabled(kTrailers)) {
    return {.result = call.trap("trailers are not enabled: call enable_features(4) first")};
  }
  const auto name = call.text("name", slots[1], slots[2]);
  if (!name) return {};
  if (!isHttpToken(*name)) return {.result = call.trap("name is empty or no HTTP token")};
  if (isFraming(*name, kind)) {
    call.warnOnce(kWarnFraming,
                  "framing is the server's: \"" + std::string(*name) + "\" is ignored");
    return {.result = HostResult::done()};
  }
  if (kind == Kind::response && exchange->responseCommitted()) {
    call.warnOnce(kWarnCommitted, "the response's head has been sent: too late to change it");
    return {.result = HostResult::done()};
  }
  return {.list = &listOf(*exchange, kind), .kind = kind, .name = *name};
}

/// A function's common part of setting and adding. `change(target, value)` does it.
template <class Change>
HostResult change(const Call& call, const std::uint32_t* slots, Change apply) {
  const Target target = writable(call, slots);
  if (!target.list) return target.result;
  const auto value = call.text("value", slots[3], slots[4]);
  if (!value) return HostResult::stop();
  if (!isFieldValue(*value)) {
    return call.trap("value of \"" + std::string(target.name) + "\" has control characters");
  }
  if (equalsIgnoringCase(target.name, "content-length") && !isDecimal(*value)) {
    return call.trap("value of \"Content-Length\" is no number");
  }
  if (!call.chargeHeadText(target.name.size() + value->size())) return HostResult::stop();
  apply(target, *value);
  if (target.list->size() > HandlerState::kMaxFields) {
    return call.trap("a message has more than 1000 fields");
  }
  return HostResult::done();
}

/// The `count_len` of texts written one after the other, each with a NUL behind it, if they fit
/// `limit`. `forEach(visit)` calls visit(text) for each, the same ones each time; `put(text, to)`
/// copies one.
template <class ForEach, class Put>
HostResult answerList(const Call& call, std::uint32_t buffer, std::uint32_t limit, ForEach forEach,
                      Put put) {
  std::uint64_t count = 0;
  std::uint64_t length = 0;
  forEach([&](std::string_view text) {
    ++count;
    length += text.size() + 1;
  });
  if (count > 0 && length <= limit) {
    const auto bytes = call.context().memory().slice(buffer, length);
    if (!bytes) return call.trapOutside("buf", buffer, length);
    char* to = reinterpret_cast<char*>(bytes->data());
    forEach([&](std::string_view text) {
      put(text, to);
      to += text.size();
      *to++ = '\0';
    });
  }
  return HostResult::value(static_cast<std::int64_t>(count << 32 | length));
}

}  // namespace

HostResult getHeaderNames(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_header_names");
  const HeaderList none(*std::pmr::null_memory_resource());
  const HeaderList* list = readable(call, slots[0], none);
  if (!list) return HostResult::stop();
  // Each name once, where it comes first.
  const auto forEach = [list](auto visit) {
    for (auto field = list->begin(); field != list->end(); ++field) {
      const bool isFirst = std::none_of(list->begin(), field, [&](const Header& earlier) {
        return equalsIgnoringCase(earlier.name, field->name);
      });
      if (isFirst) visit(field->name);
    }
  };
  const auto putLowered = [](std::string_view text, char* to) {
    std::transform(text.begin(), text.end(), to,
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  };
  return answerList(call, slots[1], slots[2], forEach, putLowered);
}

HostResult getHeaderValues(HostContext& context, const std::uint32_t* slots) {
  const Call call(context, "get_header_values");
  const HeaderList none(*std::pmr::null_memory_resource());
  const HeaderList* list = readable(call, slots[0], none);
  if (!list) return HostResult::stop();
  const auto given = call.text("name", slots[1], slots[2]);
  if (!given) return HostResult::stop();
  if (given->empty()) return call.trap("name is empty");
  const auto first = std::find_if(list->begin(), list->end(), [&](const Header& field) {
    return equalsIgnoringCase(field.name, *given);
  });
  // Compared with the field's own name from here: the guest's may lie in the buffer that is
  // written.
  const auto forEach = [&](auto visit) {
    for (auto field = first; field != list->end(); ++field) {
      if (equalsIgnoringCase(field->name, first->name)) visit(field->value);
    }
  };
  const auto put = [](std::string_view text, char* to) {
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
  };
  return answerList(call, slots[3], slots[4], forEach, put);
}

HostResult setHeaderValue(HostContext& context, const std::uint32_t* slots) {
  return change(
      Call(context, "set_header_value"), slots,
      [](const Target& target, std::string_view value) { target.list->set(target.name, value); });
}

HostResult addHeaderValue(HostContext& context, const std::uint32_t* slots) {
  return change(Call(context, "add_header_value"), slots,
                [](const Target& target, std::string_view value) {
                  // A second length would make the message one that can be read in two ways.
                  if (equalsIgnoringCase(target.name, "content-length")) {
                    target.list->set(target.name, value);
                  } else {
                    target.list->add(target.name, value);
                  }
                });
}

HostResult removeHeader(HostContext& context, const std::uint32_t* slots) {
  const Target target = writable(Call(context, "remove_header"), slots);
  if (!target.list) return target.result;
  target.list->remove(target.name);
  return HostResult::done();
}

}  // namespace skiff::http_handler
