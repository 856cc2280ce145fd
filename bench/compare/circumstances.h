#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "bench/compare/places.h"

namespace skiff::bench {

/// What a figure depends on beside the code: machine, kernel, versions, commit, date, how busy the
/// machine was, and the command that measures it again.
class Circumstances {
 public:
  /// Asks for versions and for the commit, once: results that are kept meanwhile change the tree.
  explicit Circumstances(const Places& places);

  /// Those of now.
  boost::json::object with(const std::string& command) const;

 private:
  boost::json::object lasting_;
};

}  // namespace skiff::bench
