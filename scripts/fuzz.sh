#!/usr/bin/env bash
# Builds the fuzz targets and runs each of them in turn: scripts/fuzz.sh SECONDS. What it finds stays
# in build/fuzz/findings; an input that did harm belongs in tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=$1
scripts/build.sh fuzz --target fuzz_targets
for target in build/fuzz/tests/fuzz/*_fuzz; do
  name=$(basename "$target" _fuzz)
  findings=build/fuzz/findings/$name
  mkdir -p "$findings"
  echo "== $name, $seconds s"
  "$target" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$findings/" \
    "$findings" "tests/fuzz/corpus/$name"
done
