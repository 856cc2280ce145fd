#!/usr/bin/env bash
# Builds the fuzz targets and runs them: scripts/fuzz.sh SECONDS JOBS [TARGET...]. Each runs for SECONDS,
# JOBS at a time; without TARGETs, all. What it finds stays in build/fuzz/findings, and what it says in
# build/fuzz/findings/TARGET.log; an input that did harm belongs in tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=$1
jobs=$2
targets=("${@:3}")
scripts/build.sh fuzz --target fuzz_targets
if ((${#targets[@]} == 0)); then
  for target in build/fuzz/tests/fuzz/*_fuzz; do
    targets+=("$(basename "$target" _fuzz)")
  done
fi

run_target() {
  local findings=build/fuzz/findings/$2
  mkdir -p "$findings"
  if ! "build/fuzz/tests/fuzz/$2_fuzz" -max_total_time="$1" -print_final_stats=1 -artifact_prefix="$findings/" \
    "$findings" "tests/fuzz/corpus/$2" >"$findings.log" 2>&1; then
    tail -n 60 "$findings.log"
    echo "$2: FOUND something, see $findings.log"
    return 1
  fi
  echo "$2: nothing in $(sed -n 's/^stat::number_of_executed_units: *//p' "$findings.log") inputs"
}
export -f run_target

echo "${#targets[@]} targets, $seconds s each, $jobs at a time"
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I {} bash -c 'run_target "$1" "$2"' _ "$seconds" {}
