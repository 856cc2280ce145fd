#!/usr/bin/env bash
# Configures and builds a preset: scripts/build.sh PRESET [cmake --build argument...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
cmake --preset "$preset"
cmake --build --preset "$preset" "$@"
