#include <sstream>

#include "tests/e2e/crowd.h"

namespace skiff::e2e {

std::string CrowdReport::text() const {
  std::ostringstream out;
  out << "figures " << idleLost << ' ' << idleEarliest << ' ' << idleLatest << ' ' << slowEnded
      << ' ' << slowTold << ' ' << slowEarliest << ' ' << slowLatest;
  return out.str();
}

CrowdReport CrowdReport::of(const std::string& text) {
  std::istringstream in(text);
  std::string word;
  CrowdReport report;
  in >> word >> report.idleLost >> report.idleEarliest >> report.idleLatest >> report.slowEnded >>
      report.slowTold >> report.slowEarliest >> report.slowLatest;
  return report;
}

}  // namespace skiff::e2e
