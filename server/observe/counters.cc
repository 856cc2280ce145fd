#include "server/observe/counters.h"

namespace skiff {
namespace {

constexpr int kLowestStatus = 200;
constexpr int kHighestStatus = 599;

// Those of the IANA registry that servers answer with, and 499 (the client went away).
constexpr std::array<int, StatusCounts::kNamedStatuses> kNamed{
    200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 307, 308, 400, 401,
    402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421, 422, 423,
    424, 425, 426, 428, 429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511};
static_assert(kNamed.back() == 511);

constexpr std::array<std::string_view, StatusCounts::kClasses> kClassLabels{"2xx", "3xx", "4xx",
                                                                            "5xx"};

constexpr std::size_t classOf(int status) {
  return static_cast<std::size_t>((status - kLowestStatus) / 100);
}

constexpr auto makePlaces() {
  std::array<std::uint8_t, kHighestStatus - kLowestStatus + 1> places{};
  for (int status = kLowestStatus; status <= kHighestStatus; ++status) {
    places[static_cast<std::size_t>(status - kLowestStatus)] =
        static_cast<std::uint8_t>(StatusCounts::kNamedStatuses + classOf(status));
  }
  for (std::size_t i = 0; i < kNamed.size(); ++i) {
    places[static_cast<std::size_t>(kNamed[i] - kLowestStatus)] = static_cast<std::uint8_t>(i);
  }
  return places;
}
constexpr auto kPlaceOfStatus = makePlaces();

constexpr auto makeStatusTexts() {
  std::array<std::array<char, 3>, kHighestStatus - kLowestStatus + 1> texts{};
  for (int status = kLowestStatus; status <= kHighestStatus; ++status) {
    texts[static_cast<std::size_t>(status - kLowestStatus)] = {
        static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
        static_cast<char>('0' + status % 10)};
  }
  return texts;
}
constexpr auto kStatusTexts = makeStatusTexts();

std::string_view statusText(int status) {
  const auto& text = kStatusTexts[static_cast<std::size_t>(status - kLowestStatus)];
  return {text.data(), text.size()};
}

constexpr std::size_t kReasonsBegin = StatusCounts::kNamedStatuses + StatusCounts::kClasses;

}  // namespace

std::size_t StatusCounts::placeOf(int status, Reason reason) {
  status = std::clamp(status, kLowestStatus, kHighestStatus);
  if (reason == Reason::none) {
    return kPlaceOfStatus[static_cast<std::size_t>(status - kLowestStatus)];
  }
  const std::size_t first =
      kReasonsBegin + (static_cast<std::size_t>(reason) - 1) * kPlacesPerReason;
  if (status == reasonStatus(reason)) return first;
  if (status == 200) return first + 1;
  return first + 2 + classOf(status);
}

std::string_view StatusCounts::statusLabel(std::size_t place) {
  if (place < kNamedStatuses) return statusText(kNamed[place]);
  if (place < kReasonsBegin) return kClassLabels[place - kNamedStatuses];
  const std::size_t offset = (place - kReasonsBegin) % kPlacesPerReason;
  if (offset == 0) return statusText(reasonStatus(reasonOf(place)));
  if (offset == 1) return statusText(200);
  return kClassLabels[offset - 2];
}

Reason StatusCounts::reasonOf(std::size_t place) {
  if (place < kReasonsBegin) return Reason::none;
  return static_cast<Reason>((place - kReasonsBegin) / kPlacesPerReason + 1);
}

}  // namespace skiff
