#pragma once

#include <string>

namespace skiff {

/// What the linker named this program, or shared object, by its content, in hexadecimal: any change
/// of the program changes it. Empty if it gave none.
std::string buildId();

}  // namespace skiff
