# The platform on this machine. `make up` and `make test` are all that a newcomer needs.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUNTIME ?= native
BROKER ?= kafka
EMULATOR ?=
GATEWAYS ?= 1
STANDBY ?= 0
PYTEST ?= --durations=10
# Which tests of a layer run, as pytest marks: MARKS="slow" or MARKS="property and not slow" cut it down; make test-long runs the slow ones.
MARKS ?= not slow
# On a loaded machine a real server or browser can be late once. The second try tells that from a fault; the summary names each test that needed it.
RERUN ?= --reruns 1 -rR
NO_TEST := 5
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps
LOCK := $(BIN)/uv pip compile --quiet --generate-hashes --no-annotate --no-emit-index-url --custom-compile-command "make lock"
CORE := $(VENV)/.core
NODE := node_modules/.package-lock.json
PAGES_TOOLS := web/node_modules/vitest/package.json
CORE_SOURCES := $(wildcard engine_container/core/*.py engine_container/core/*/*.py engine_container/build_core.py layers/common/python/mycrypto/*.py layers/common/python/mycrypto/contracts/*.py)

# What the machine lacks comes from PyPI into the environment: programs are looked for there first.
export PATH := $(CURDIR)/$(BIN):$(PATH)

ACCOUNTS := tests/integration/auth/ tests/integration/gateway/
RECOVERY := tests/fault/test_startup_faults.py tests/fault/test_recovery_drill.py

.PHONY: chaos load deployable pages pages-dev newcomer test-compatibility test-long fuzz-api fuzz test-trading test-recovery test-accounts test-money test-parts check help lock tools up down reset status demo install test lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: install ## start the whole platform (RUNTIME=docker: in containers; EMULATOR=localstack: instead of ministack; BROKER=throwaway: without Kafka, nothing kept; GATEWAYS=2 STANDBY=1: more than one of each)
	@$(BIN)/mycrypto up --runtime $(RUNTIME) --broker $(BROKER) $(if $(EMULATOR),--emulator $(EMULATOR)) --gateways $(GATEWAYS) --standby $(STANDBY)

down: install ## stop it, data kept
	@$(BIN)/mycrypto down

reset: install ## stop it and delete its data
	@$(BIN)/mycrypto reset --yes

status: install ## list its parts
	@$(BIN)/mycrypto status

demo: install ## play the main job on the running platform
	@$(BIN)/mycrypto demo

check:
	@$(PYTHON) -c 'import sys, ensurepip; assert sys.version_info >= (3, 11)' 2>/dev/null \
		|| { echo "Python 3.11 or newer with venv is needed. Install it with: sudo apt-get install -y python3 python3-venv"; exit 1; }

tools: $(INSTALLED)
	@$(BIN)/python -m mycrypto_local.toolchain

install: check $(INSTALLED) tools $(CORE) $(NODE) ## the development install: .venv, compiled core, CDK CLI

# Three rows take the suites in turn, the longest first: tests wait a third of their time, so that three fill two cores.
SUITES := test-trading test-parts test-money test-accounts test-recovery lint
test: install ## lint, types, import rules and all tests, on own ports and state
	@echo "Three suites at a time, each with its output in build/NAME.log until all of it is shown at the end: $(SUITES)"
	@rm -rf build/suites; mkdir -p build/suites; \
	row() { \
		for each in $(SUITES); do \
			mkdir build/suites/$$each 2>/dev/null || continue; \
			echo "  $$(date +%T) $$each"; \
			$(MAKE) --no-print-directory $$each > build/$$each.log 2>&1 & running=$$!; trap "kill $$running; exit 1" TERM; \
			wait $$running && echo "✓ $$(date +%T) $$each" || { echo "✗ $$(date +%T) $$each"; touch build/suites/$$each/failed; }; \
		done; \
	}; \
	row & first=$$!; row & second=$$!; row & third=$$!; \
	trap 'kill $$first $$second $$third' INT TERM; \
	wait $$first; wait $$second; wait $$third; \
	failed=; \
	for each in $(SUITES); do \
		[ -e build/suites/$$each/failed ] && failed="$$failed $$each" || cat build/$$each.log; \
	done; \
	for each in $$failed; do cat build/$$each.log; done; \
	[ -z "$$failed" ] || { echo "FAILED:$$failed (each is a target of make)"; exit 1; }

test-trading: install $(PAGES_TOOLS)
	@$(BIN)/pytest $(PYTEST) $(RERUN) -m "$(MARKS)" $(wildcard tests/e2e tests/browser tests/compatibility tests/fault) $(RECOVERY:%=--ignore=%) || [ $$? -eq $(NO_TEST) ]

test-compatibility: install ## the clients that traders have (ccxt and others, from PyPI) against a platform of its own
	@$(BIN)/pytest $(PYTEST) tests/compatibility

test-recovery: install
	@$(BIN)/pytest $(PYTEST) $(RERUN) -m "$(MARKS)" $(RECOVERY) || [ $$? -eq $(NO_TEST) ]

test-accounts: install
	@$(BIN)/pytest $(PYTEST) $(RERUN) -m "$(MARKS)" $(ACCOUNTS) || [ $$? -eq $(NO_TEST) ]

test-money: install
	@$(BIN)/pytest $(PYTEST) $(RERUN) -m "$(MARKS)" $(filter-out $(ACCOUNTS),$(wildcard tests/integration/*/ tests/integration/test_*.py)) || [ $$? -eq $(NO_TEST) ]

test-parts: install $(PAGES_TOOLS)
	@$(BIN)/pytest $(PYTEST) -m "$(MARKS)" tests/unit tests/property tests/conformance tests/infra tests/simulation tests/chaos tests/load || [ $$? -eq $(NO_TEST) ]

test-long: install ## the tests that make test leaves out because they take long, and the property tests with new examples
	@$(BIN)/pytest $(PYTEST) -m slow tests
	@SEARCH=1 $(BIN)/pytest $(PYTEST) tests/property

fuzz: install ## random commands against the core for SECONDS=n from SEED=s on; a failure prints the shortest list of commands
	@$(BIN)/python -m tests.property.net.fuzz --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

fault: install ## HISTORIES=n simulated histories from SEED=s on, on every core; a failure prints commit, seed, plan and the faults that it takes
	@$(BIN)/python -m tests.simulation $(or $(SEED),0) $(or $(HISTORIES),100)

chaos: install ## HISTORIES=n on a whole platform (GATEWAYS=2 STANDBY=1: with more of them), its parts killed, stopped, told to end, their disks filled, their clocks moved; added to build/chaos.jsonl, from SEED=s or where the commit's histories ended; PAGE=docs/chaos.md writes the table of outages from all of the commit
	@$(BIN)/python -m tests.chaos $(or $(HISTORIES),9) $(if $(SEED),--seed $(SEED)) --gateways $(GATEWAYS) --standby $(STANDBY) $(if $(PAGE),--page $(PAGE))

load: install ## step the rates of orders, batches, sockets, log-ins, balance reads and settlement up to the knee and hold 70 % of it; PAGE=docs/load.md writes page and plots, KINDS="a,b" and HOLD="a,b" choose, SECONDS=n of a step, MINUTES=n of a hold
	@$(BIN)/python -m tests.load $(if $(KINDS),--kinds $(KINDS)) $(if $(HOLD),--hold $(HOLD)) --step-seconds $(or $(SECONDS),10) --hold-minutes $(or $(MINUTES),10) $(if $(PAGE),--page $(PAGE))

pages: install ## build the web app into web/dist (make up does it too)
	@$(BIN)/python -m mycrypto_local.web_build

pages-dev: install ## the web app on port 3003, built as it is edited, in front of a running platform
	@cd web && npm ci --no-audit --no-fund && npm run dev

deployable: install ## hold the templates of every stage on AWS against what the components need, without AWS
	@$(BIN)/python -m infra.deployable

lint: install ## ruff, the rules of language, mypy, import rules
	@$(BIN)/ruff check .
	@$(BIN)/pytest -q tests/unit/docs/test_language.py
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports

fuzz-api: install ## draw requests from the API documents for SECONDS, from SEED, as user and administrator, against the running platform
	@$(BIN)/python -m tests.e2e.fuzzed $(or $(SECONDS),60) $(SEED)

newcomer: ## the README's commands in a bare Debian 12 (SUITE=noble: Ubuntu 24.04), made in NEWCOMER=/var/tmp/mycrypto-newcomer (as root, with debootstrap)
	SUITE=$(SUITE) tests/newcomer/debian.sh $(or $(NEWCOMER),/var/tmp/mycrypto-newcomer)

bench: install ## print the figures of this machine
	@for each in core instructions projections gateway sockets binance following recovery; do echo "== $$each"; $(BIN)/python -m tests.bench.bench_$$each || exit 1; done

lock: $(INSTALLED) ## write the locks from pyproject.toml: versions that are in them stay (UPGRADE=--upgrade: the newest that fit)
	@$(LOCK) $(UPGRADE) --universal --python-version 3.11 --group dev --output-file requirements.lock
	@for group in trading build node java; do \
		$(LOCK) --universal --python-version 3.11 --constraint requirements.lock --group $$group --output-file requirements/$$group.lock || exit 1; \
	done
	@$(LOCK) --python-version 3.11 --exclude-newer 2025-12-20 --group localstack --output-file requirements/localstack.lock
	@$(LOCK) --python-platform aarch64-manylinux_2_28 --python-version 3.13 --constraint requirements.lock --group layer --output-file requirements/layer.lock

clean: ## delete what was built; data and downloads stay
	rm -rf $(VENV) node_modules cdk.out build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

# The build tools come first: what is published as source only is built with them, and not with whatever is newest.
$(INSTALLED): $(VENV)/bin/python pyproject.toml requirements.lock
	@$(PIP) --no-compile --require-hashes --requirement requirements/build.lock
	@$(PIP) --no-compile --require-hashes --no-build-isolation --requirement requirements.lock
	@$(PIP) --no-build-isolation --editable .
	@touch $@

$(CORE): $(INSTALLED) $(CORE_SOURCES)
	@$(BIN)/python -m engine_container.build_core && touch $@ || echo "(slower, same behaviour)"

$(NODE): package.json package-lock.json | tools
	npm ci --no-progress --no-audit --no-fund
	@touch $@

$(PAGES_TOOLS): web/package-lock.json
	@cd web && npm ci --silent --no-progress --no-audit --no-fund && touch node_modules/vitest/package.json || echo "The web app's tools cannot be fetched; its tests are skipped."

include .ci/stages.mk
