#!/usr/bin/env bash
# Runs the built benchmarks; arguments (--benchmark_filter=...) go to Google Benchmark.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for benchmark in build/release/bench/skiff_bench_*; do
  case $benchmark in
    *.node) build/release/bin/run_addon "$benchmark" "$@" ;; # those that use V8
    *) [[ ! -f $benchmark || ! -x $benchmark ]] || "$benchmark" "$@" ;;
  esac
done
