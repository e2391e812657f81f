# What one types. `make help` says what there is; the work is done by CMake, ctest and the scripts in tools/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: help deps build run stop test asan tsan valgrind coverage faults fuzz fuzz-merge sim sim-test sim-mutants bench load million conf format lint tidy check clean

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
SCRIPTS := $(wildcard tools/*.sh) $(wildcard tests/*.sh) $(wildcard tests/sim/*.sh) tests/fuzz/run.sh .ci/run

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

# $(call test_in,DIRECTORY,WHAT,FLAGS,CTEST FLAGS): builds all and runs every test there, or those that the flags pick.
define test_in
@echo "Building servers and tests with $(2), into build/$(1)"
@$(call configure,$(1),$(TEST_FLAGS) $(3))
@cmake --build build/$(1) -j $(JOBS)
@failed=0; \
  ctest --test-dir build/$(1) -j $(JOBS) --output-on-failure --no-tests=error --output-junit tests.xml $(4) || failed=1; \
  $(if $(4),,tests/rows_table.py build/$(1)/tests.xml build/$(1)/suites/*.xml || failed=1;) \
  [[ $$failed = 0 ]] || { \
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

test: asan sim-test ## every test under ASan and UBSan, then 1,000 simulated clusters: what CI runs
	@echo "All tests passed. Next: make run (a cluster to try)"

asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(call deps,build tests)
	$(call test_in,asan,AddressSanitizer and UBSan,-DTALKBEAT_SANITIZE=address)

# Where threads meet: the loop's posts and signals, executors, log, store, hashing, files, images, pushes, and whole
# servers at it. All else is one thread, and asan runs it.
THREADED := ^(EventLoop|Signals|ThreadExecutor|Log(File|Limiter)|Store(Test|Failure)|Sqlite(Processes|Upkeep)|HttpClientTest)|$\
  ^(FileDisk|FileUploads|FileDownloads|ImageStore|ImageService|PushSender|LoginTest|AdminApi)|$\
  ^(Message|Login|SessionToken|File|Images|Admin|PushScenario|Settings|Stream|Kill|A4|A5|A6|B5|F5|P1|P4|P5)\.
TSAN_TESTS ?= $(THREADED)

tsan: ## the tests where threads meet, under ThreadSanitizer (TSAN_TESTS=. for all)
	@$(call deps,build tests)
	$(call test_in,tsan,ThreadSanitizer,-DTALKBEAT_SANITIZE=thread,-R '$(TSAN_TESTS)')

valgrind: build ## a cluster under valgrind: start, two users who chat, stop; no error and nothing lost
	@$(call deps,valgrind)
	@tests/valgrind.sh --bin build/bin

# Counts from 90 % of the lines on in each of the three; tests/coverage.md says what the rest is.
COVERED := base login_server msg_server
COVERAGE_TESTS ?= .

coverage: ## which lines the tests run: build/coverage/report; fails below 90 % of base, login_server or msg_server
	@$(call deps,build tests coverage)
	@find build/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(call test_in,coverage,line counters,-DTALKBEAT_COVERAGE=ON,-R '$(COVERAGE_TESTS)')
	@mkdir -p build/coverage/report
	@gcovr --root . --object-directory build/coverage --gcov-executable 'llvm-cov gcov' -j $(JOBS) \
	  $(COVERED:%=--filter '%/') --exclude-unreachable-branches --exclude-throw-branches \
	  --json build/coverage/lines.json --html-details build/coverage/report/index.html --txt build/coverage/lines.txt \
	  build/coverage
	@for part in $(COVERED); do echo "$$part:"; \
	  gcovr --root . --add-tracefile build/coverage/lines.json --filter "$$part/" --print-summary --fail-under-line 90 | \
	  grep '^lines'; done

# The rows whose bounds of memory AddressSanitizer makes three times as wide (tests/scenario/oracle.h).
ROWS_OF_MEMORY := F?.*:F??.*:B?.*:C?.*

# Shortened and against the release build first, where those bounds hold as they are written; then all, in full.
faults: build ## the rows of tests/rows.txt as long as they say (kill -9 50 times, 10,000 clients, …), and their table: half an hour
	@$(call deps,build tests)
	@$(call configure,asan,$(TEST_FLAGS) -DTALKBEAT_SANITIZE=address)
	@cmake --build build/asan -j $(JOBS)
	@failed=0; ulimit -n "$$(ulimit -Hn)"; \
	  TALKBEAT_BIN=$(CURDIR)/build/bin build/asan/bin/scenario_tests --gtest_brief=1 --gtest_filter='$(ROWS_OF_MEMORY)' || { \
	  failed=1; echo "Against the release build, some of the rows F, B and C failed"; }; \
	  tests/faults.sh build/asan/bin build/asan/faults || failed=1; exit $$failed

# In a directory of its own: what libFuzzer needs in all that is linked would slow down the other tests.
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=
define fuzz_build
@$(call deps,build tests)
@echo "Building the fuzz targets into build/fuzz"
@$(call configure,fuzz,$(TEST_FLAGS) -DCMAKE_CXX_COMPILER=clang++ -DTALKBEAT_TESTS=OFF -DTALKBEAT_FUZZ=ON \
  -DTALKBEAT_SANITIZE=address)
@cmake --build build/fuzz -j $(JOBS) --target fuzz_targets
endef

fuzz: ## each fuzz target for FUZZ_SECONDS=60 (FUZZ_TARGET=: only that one); a table, and what has crashed
	$(fuzz_build)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) JOBS=$(JOBS) tests/fuzz/run.sh run build/fuzz $(FUZZ_TARGET)

fuzz-merge: ## add to the corpus what make fuzz has found that reaches new code
	$(fuzz_build)
	@tests/fuzz/run.sh merge build/fuzz $(FUZZ_TARGET)

# Optimized: a thousand seeds are a week of simulated time. The build directory is that of `make build`, or of `make check`.
SIM_BUILD ?= release
define build_sim
@$(call deps,build)
@$(call configure,$(SIM_BUILD),-DCMAKE_BUILD_TYPE=Release -DTALKBEAT_TESTS=OFF)
@cmake --build build/$(SIM_BUILD) -j $(JOBS) --target $(1)
endef

sim: ## whole clusters in simulated time: SEEDS=1000 [FIRST=1]; SEED=N replays one, a line an event in build/sim (TRACE=1: on stdout)
	$(call build_sim,talkbeat_sim)
	@build/$(SIM_BUILD)/bin/talkbeat_sim $(if $(SEED),--seed $(SEED) \
	  --trace $(if $(TRACE),-,build/sim/seed-$(SEED).trace),--seeds $(SEEDS) --first $(FIRST) --jobs $(JOBS))

# What make test runs of it, whatever SEED and SEEDS say.
sim-test: ## 1,000 simulated clusters, each twice, and the six mistakes made on purpose
	$(call build_sim,talkbeat_sim sim_mutants)
	@build/$(SIM_BUILD)/bin/talkbeat_sim --seeds 1000 --jobs $(JOBS)
	@tests/sim/mutants.sh build/$(SIM_BUILD)/bin $(JOBS)

sim-mutants: ## the six mistakes alone: each has to be found within 1,000 seeds, by the check that is meant for it
	$(call build_sim,sim_mutants)
	@tests/sim/mutants.sh build/$(SIM_BUILD)/bin $(JOBS)

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

lint: ## is all formatted, and are the scripts clean?
	@$(call deps,format)
	@clang-format --dry-run -Werror $(SOURCES)
	@shellcheck -x $(SCRIPTS)

tidy: ## clang-tidy over the servers and tools; what was clean and has not changed is not looked at again
	@$(call deps,build tests tidy)
	@$(call configure,asan,$(TEST_FLAGS) -DTALKBEAT_SANITIZE=address)
	@cmake --build build/asan -j $(JOBS)
	@tools/tidy.py build/asan

check: lint ## all that has to hold before a change goes in: lint, no warning by either compiler, hardening, tests, tidy
	@$(call deps,build)
	@echo "Building $(PROGRAMS), warnings being errors, into build/check"
	@$(call configure,check,-DCMAKE_BUILD_TYPE=Release -DTALKBEAT_TESTS=OFF -DCMAKE_COMPILE_WARNING_AS_ERROR=ON)
	@cmake --build build/check -j $(JOBS) --target $(PROGRAMS)
	@tools/hardening.sh $(PROGRAMS:%=build/check/bin/%)
	@$(MAKE) --no-print-directory test tidy SIM_BUILD=check
	@echo "All checks passed."

clean: ## remove all that was built (a cluster's DIR stays)
	@rm -rf build
