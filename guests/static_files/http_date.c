#include "http_date.h"

#include <string.h>

static const char kDays[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char kMonths[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const int64_t kDay = 86400;
static const int64_t kLast = 253402300799;  // 9999-12-31 23:59:59

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. Years are counted from March,
 * so that the leap day is a year's last; 400 years have 146,097 days. */
static int64_t days_until(int64_t year, int month, int day) {
  if (month < 3) --year;
  const int64_t era = year / 400, year_of_era = year % 400;
  const int64_t day_of_year = (153 * (month + (month < 3 ? 9 : -3)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

static void write_digits(char* out, int64_t value, int count) {
  while (count-- > 0) {
    out[count] = (char)('0' + value % 10);
    value /= 10;
  }
}

/* The number in exactly `count` digits, or -1. */
static int read_digits(const char* text, int count) {
  int value = 0;
  for (int i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

void write_http_date(int64_t time, char out[kHttpDateSize]) {
  if (time < 0) time = 0;
  if (time > kLast) time = kLast;
  const int64_t days = time / kDay, seconds = time % kDay;
  int64_t year = 1970 + days / 366;  // not later than the year sought
  while (days_until(year + 1, 1, 1) <= days) ++year;
  int month = 1;
  while (month < 12 && days_until(year, month + 1, 1) <= days) ++month;

  memcpy(out, "Ddd, dd Mmm yyyy hh:mm:ss GMT", kHttpDateSize);
  memcpy(out, kDays[(days + 4) % 7], 3);  // 1970-01-01 was a Thursday
  write_digits(out + 5, days - days_until(year, month, 1) + 1, 2);
  memcpy(out + 8, kMonths[month - 1], 3);
  write_digits(out + 12, year, 4);
  write_digits(out + 17, seconds / 3600, 2);
  write_digits(out + 20, seconds / 60 % 60, 2);
  write_digits(out + 23, seconds % 60, 2);
}

bool read_http_date(const char* text, int64_t* time) {
  if (strlen(text) != kHttpDateSize - 1 || memcmp(text + 3, ", ", 2) != 0 ||
      strcmp(text + 25, " GMT") != 0) {
    return false;
  }
  int month = 0;
  while (month < 12 && memcmp(text + 8, kMonths[month], 3) != 0) ++month;
  const int day = read_digits(text + 5, 2), year = read_digits(text + 12, 4);
  const int hour = read_digits(text + 17, 2), minute = read_digits(text + 20, 2);
  const int second = read_digits(text + 23, 2);
  if (text[7] != ' ' || text[11] != ' ' || text[16] != ' ' || text[19] != ':' || text[22] != ':' ||
      month == 12 || day < 1 || day > 31 || year < 1 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 60) {
    return false;
  }
  *time = days_until(year, month + 1, day) * kDay + hour * 3600 + minute * 60 + second;
  return true;
}
