#!/usr/bin/env bash
# Builds a preset, runs its tests and ends with one line that counts them:
# scripts/test.sh PRESET [ctest argument...]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

preset=$1
shift
scripts/build.sh "$preset"

log=build/$preset/test.log
status=0
# ThreadSanitizer of GCC 12 finds no room for its shadow where addresses are random in more bits than it knows.
run=()
[[ $preset != tsan ]] || run=(setarch --addr-no-randomize)
"${run[@]}" ctest --preset "$preset" --parallel "$(nproc)" --no-tests=error "$@" | tee "$log" || status=$?

# ctest's own count has no place for tests that were skipped: it takes them for passed.
summary=$(sed -nE 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+)$/\1 \2/p' "$log" | tail -n 1)
[[ -n $summary ]] || exit $((status == 0 ? 1 : status))
read -r failed total <<<"$summary"
skipped=$(grep -cE '^ *[0-9]+/[0-9]+ +Test +#[0-9]+: .*\*\*\*Skipped' "$log" || true)
line="$((total - failed - skipped)) passed, $failed failed"
[[ $skipped == 0 ]] || line+=", $skipped skipped"
echo "$line"
exit "$status"
