#include "server/observe/log_time.h"

namespace skiff {
namespace {

void putDigits(char* to, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::string_view LogTime::format(std::chrono::system_clock::time_point time) {
  using namespace std::chrono;
  const auto since = floor<milliseconds>(time);
  const auto second = floor<seconds>(since);
  if (second != second_) {
    second_ = second;
    const sys_days day = floor<days>(second);
    const year_month_day date(day);
    const hh_mm_ss clock(second - day);
    // A clock of nanoseconds reaches from 1677 to 2262: always four digits.
    putDigits(text_.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
    text_[4] = '-';
    putDigits(text_.data() + 5, static_cast<unsigned>(date.month()), 2);
    text_[7] = '-';
    putDigits(text_.data() + 8, static_cast<unsigned>(date.day()), 2);
    text_[10] = 'T';
    putDigits(text_.data() + 11, static_cast<unsigned>(clock.hours().count()), 2);
    text_[13] = ':';
    putDigits(text_.data() + 14, static_cast<unsigned>(clock.minutes().count()), 2);
    text_[16] = ':';
    putDigits(text_.data() + 17, static_cast<unsigned>(clock.seconds().count()), 2);
    text_[19] = '.';
    text_[23] = 'Z';
  }
  putDigits(text_.data() + 20, static_cast<unsigned>((since - second).count()), 3);
  return {text_.data(), text_.size()};
}

}  // namespace skiff
