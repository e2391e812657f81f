# What one types. `make help` says what there is; the work is done by CMake, ctest and the scripts in tools/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help deps build run stop test asan tsan sim sim-mutants bench load million conf format check clean

JOBS ?= $(shell nproc)
DIR ?= run
PORT_BASE ?= 8000
BENCH ?=
SEEDS ?= 1000
FIRST ?= 1
SEED ?=
TRACE ?=

PROGRAMS := login_server msg_server talkctl talkchat talkcheck talkload
SOURCES = $(shell find base login_server msg_server proto tests tools -name '*.cpp' -o -name '*.h')
SCRIPTS := $(wildcard tools/*.sh tests/sim/*.sh) .ci/run

# $(call deps,PARTS): DEPS=skip leaves the machine's packages alone.
deps = $(if $(filter skip,$(DEPS)),true,tools/deps.sh $(1))

# $(call configure,DIRECTORY,FLAGS): CMake's own words are shown only where it fails.
configure = mkdir -p build/$(1) && { cmake -S . -B build/$(1) -G Ninja $(2) >build/$(1)/configure.log 2>&1 || \
  { cat build/$(1)/configure.log >&2; exit 1; }; }

# Optimized a little (the tests are slow without), with line numbers in a sanitizer's report and nothing more. Clang
# takes half of GCC's time for it, and so the code has passed two compilers (make TEST_CXX=g++: the other one).
TEST_CXX ?= clang++
TEST_FLAGS := -DCMAKE_CXX_COMPILER=$(TEST_CXX) -DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=lld \
  -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DTALKBEAT_TESTS=ON

# $(call test_in,DIRECTORY,WHAT): builds all and runs every test there.
define test_in
@echo "Building servers and tests with $(2), into build/$(1)"
@$(call configure,$(1),$(TEST_FLAGS) $(3))
@cmake --build build/$(1) -j $(JOBS)
@ctest --test-dir build/$(1) -j $(JOBS) --output-on-failure --no-tests=error || { \
  echo "Some tests failed. One of them again, with all it says: ctest --test-dir build/$(1) -V -R NAME"; exit 1; }
endef

help: ## this list
	@echo "make TARGET [JOBS=N] [DIR=run] [PORT_BASE=8000] [DEPS=skip]"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 12

deps: ## install the Debian packages that are missing (the other targets do it too)
	@$(call deps,build tests)

build: ## release build; programs in build/bin (what `make` alone does)
	@$(call deps,build)
	@echo "Building $(PROGRAMS) into build/bin"
	@$(call configure,release,-DCMAKE_BUILD_TYPE=Release -DTALKBEAT_TESTS=OFF)
	@cmake --build build/release -j $(JOBS) --target $(PROGRAMS)
	@[[ -L build/bin || ! -e build/bin ]] || rm -rf build/bin
	@ln -sfn release/bin build/bin

run: build ## build, start a cluster in DIR, let two demo users talk, say how to go on
	@tools/demo.sh --dir $(DIR) --port-base $(PORT_BASE)

stop: ## end the cluster in DIR
	@tools/stop.sh --dir $(DIR)

test: asan sim ## every test (unit, contract, scenario, simulation) under ASan and UBSan, and 1,000 seeds: what CI runs
	@echo "All tests passed. Next: make run (a cluster to try), make tsan (the same tests under ThreadSanitizer)"

asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(call deps,build tests)
	$(call test_in,asan,AddressSanitizer and UBSan,-DTALKBEAT_SANITIZE=address)

tsan: ## every test under ThreadSanitizer
	@$(call deps,build tests)
	$(call test_in,tsan,ThreadSanitizer,-DTALKBEAT_SANITIZE=thread)

# Optimized: a thousand seeds are a week of simulated time. The build directory is that of `make build`.
define build_sim
@$(call deps,build)
@$(call configure,release,-DCMAKE_BUILD_TYPE=Release -DTALKBEAT_TESTS=OFF -DTALKBEAT_SIM=ON)
@cmake --build build/release -j $(JOBS) --target $(1)
endef

sim: ## whole clusters in simulated time: SEEDS=1000 [FIRST=1], or SEED=N replays one (TRACE=1: a line an event)
	$(call build_sim,talkbeat_sim)
	@build/release/bin/talkbeat_sim $(if $(SEED),--seed $(SEED) $(if $(TRACE),--trace),--seeds $(SEEDS) --first $(FIRST) --jobs $(JOBS))

sim-mutants: ## does the simulation find six mistakes that are made on purpose? (each within 1,000 seeds)
	$(call build_sim,sim_mutants)
	@tests/sim/mutants.sh build/release/bin $(JOBS)

bench: build ## all figures: the parts, and clusters under load beside the floor, into tests/bench/RESULTS.md (BENCH=--quick: 2 minutes)
	@$(call deps,bench)
	@$(call configure,release,-DCMAKE_BUILD_TYPE=Release -DTALKBEAT_TESTS=OFF -DTALKBEAT_BENCH=ON)
	@cmake --build build/release -j $(JOBS) --target benchmarks floor
	@tests/bench/run.py $(BENCH)

load: build ## a minute of load in all ways against a fresh cluster; reports in build/load
	@tools/load_tour.sh

million: build ## a million clients, logged in and beating for 10 minutes (looks first whether the machine can)
	@tools/million.sh

conf: build ## rewrite conf/*.toml from the servers' own tables of settings
	@for server in login_server msg_server; do build/bin/$$server --print-config >conf/$$server.toml; done

format: ## clang-format all sources
	@$(call deps,format)
	@clang-format -i $(SOURCES)

check: ## is all formatted, and are the scripts clean?
	@$(call deps,format)
	@clang-format --dry-run -Werror $(SOURCES)
	@shellcheck -x $(SCRIPTS)

clean: ## remove all that was built (a cluster's DIR stays)
	@rm -rf build
