#pragma once

#include "request.h"

namespace api {

/// GET /v1/units: all units, by quantity.
void listUnits(const Request& request);

/// GET /v1/convert/{from}/{to}?value=NUMBER: {"value", "from", "to", "result"}.
void convert(const Request& request);

/// POST /v1/text {"text"}: {"bytes", "characters", "words", "lines", "reading_seconds",
/// "frequent_words"}.
void measureText(const Request& request);

/// POST /v1/quotes {"from", "to", "parcels", "insured_cents"?}: what shipping the parcels costs, by
/// service.
void quoteShipping(const Request& request);

}  // namespace api
