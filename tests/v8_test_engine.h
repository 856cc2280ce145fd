#pragma once

namespace skiff {
class Engine;

/// The engine of the process that the tests run in.
Engine& testEngine();

}  // namespace skiff
