# The task list. `make help` prints it; what a task does is in scripts/ where it takes more than a line.
.DEFAULT_GOAL := help
.PHONY: help deps build serve test bench bench-gate bench-http2 bench-micro bench-isolation bench-coldstart package package-test \
  systemd-test fmt lint asan tsan fuzz soak update-engine clean

# Seconds that `make fuzz` gives each target.
FUZZ_SECONDS ?= 60
# How many of them it runs at a time.
FUZZ_JOBS ?= $(shell nproc)
# How long `make soak` goes on.
SOAK_SECONDS ?= 600
# Rounds that `make bench` measures all peers in, and seconds of each run.
ROUNDS ?= 5
SECONDS ?= 5
SOURCES = $(shell git ls-files --cached --others --exclude-standard '*.h' '*.cc' '*.c')

help:  ## print this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

deps:  ## install everything that is needed, on Debian 12
	@scripts/deps.sh

build: deps  ## build the daemon, the client and the guests into build/release
	@scripts/build.sh release

serve: build  ## run the daemon with examples/skiff.toml and print requests to try
	@scripts/serve.sh

test: deps  ## build everything and run all tests
	@scripts/test.sh release

bench: build  ## measure skiff beside nginx and workerd: bench/results (ONLY="hello json", ROUNDS, SECONDS)
	@scripts/bench-deps.sh
	@build/release/bench/compare/skiff_compare --results bench/results --rounds $(ROUNDS) --seconds $(SECONDS) \
	  $(if $(ONLY),--only $(ONLY))

bench-gate: build  ## fail if a request takes 5 % more instructions than bench/baseline.json says (UPDATE=1: say anew)
	@build/release/bench/compare/skiff_compare --gate bench/baseline.json $(if $(UPDATE),--update)

bench-http2: build  ## measure HTTP/2 against HTTP/1.1 over TLS; fails below 0.7 of it (ROUNDS)
	@scripts/bench-http2.sh $(ROUNDS)

bench-micro: build  ## print the micro-benchmarks
	@scripts/bench.sh

bench-isolation: build  ## measure how tenants are kept apart: a table, and JSON
	@build/release/bench/skiff_isolation_bench --json build/release/bench-isolation.json

bench-coldstart: build  ## measure first requests to apps that are not loaded: tables, and JSON
	@build/release/bench/coldstart/skiff_coldstart_bench --json build/release/bench-coldstart.json \
	  $(addprefix --workerd ,$(WORKERD))

package: build  ## make a .deb and a tarball of everything that skiff needs to run, in build/package
	@scripts/package.sh build/package

package-test: package  ## install and start them in a clean Debian 12 (as root; debootstrap)
	@scripts/package-test.sh build/package

systemd-test: package  ## run the package's units under a systemd of its own (as root; debootstrap)
	@scripts/systemd-test.sh build/package

fmt:  ## format the sources
	@clang-format -i $(SOURCES)

lint:  ## check the sources' format and the scripts' syntax
	@clang-format --dry-run --Werror $(SOURCES)
	@for script in scripts/*.sh .ci/run; do bash -n $$script || exit 1; done

asan: deps  ## all tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/test.sh asan

tsan: deps  ## the tests without V8 under ThreadSanitizer
	@scripts/test.sh tsan

fuzz: deps  ## run each fuzz target for FUZZ_SECONDS, FUZZ_JOBS at a time (one for each processor), or ONLY="oci module"
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(FUZZ_JOBS) $(ONLY)

soak: build  ## run everything at once for SOAK_SECONDS, and check what must hold all the time (SEED=n: an earlier run's)
	@build/release/tests/soak/skiff_soak --seconds $(SOAK_SECONDS) $(if $(SEED),--seed $(SEED))

update-engine:  ## pin the newest V8, or VERSION, and run all tests and the gate on it
	@scripts/update-engine.sh $(VERSION)

clean:  ## remove what was built; what `make deps` installed stays
	@rm -rf build
