#include "accept_encoding.h"

#include <string.h>
#include <strings.h>

/* Whether the parameters, up to the next comma, have "q=0", "q=0.0" and the like. */
static bool weight_is_zero(const char* parameters) {
  const char* end = parameters + strcspn(parameters, ",");
  for (const char* at = parameters; at < end && *at == ';';) {
    at += 1 + strspn(at + 1, " \t");
    const char* const parameter_end = at + strcspn(at, ";,");
    if (strncasecmp(at, "q=", 2) == 0) {
      for (at += 2; at < parameter_end && *at != ' ' && *at != '\t'; ++at) {
        if (*at != '0' && *at != '.') return false;
      }
      return true;
    }
    at = parameter_end;
  }
  return false;
}

bool allows_gzip(const char* accept_encoding) {
  bool any = false;
  for (const char* at = accept_encoding; *at != '\0';) {
    at += strspn(at, " \t,");
    const size_t length = strcspn(at, " \t;,");
    const char* parameters = at + length + strspn(at + length, " \t");
    const bool named = (length == 4 && strncasecmp(at, "gzip", 4) == 0) ||
                       (length == 6 && strncasecmp(at, "x-gzip", 6) == 0);
    if (named) return !weight_is_zero(parameters);  // counts more than "*"
    if (length == 1 && *at == '*') any = !weight_is_zero(parameters);
    at = parameters + strcspn(parameters, ",");
  }
  return any;
}
