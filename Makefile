# Thin: every target is one or two commands that also work by hand. CI calls the same ones (.ci/run).
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
# A shell may forbid it, as many a container does. Every one of a suite's thousand programs would be compiled anew.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MEASURE ?=
PYTEST = $(BIN)/python $(MEASURE) -m pytest
# Files of tests side by side: unit tests want a core each, component tests mostly wait for a program. The sandbox is one
# platform: no two of its.
ABREAST := --dist loadfile --no-loadscope-reorder
OPTIONS ?=

.PHONY: help venv tools up down test test-unit test-component test-sandbox stress lint format docs pictures bench snapshot lock clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: $(READY) ## Create the virtual environment from the locked, hashed requirements

$(READY): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv --clear $(VENV)
	@# Nothing is compiled ahead: of the cloud's SDK, which is most of it, a handful of modules is ever loaded.
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

tools: venv ## Build the pinned Go tools (about 20 minutes, once per machine)
	$(BIN)/headgate toolchain build

up: venv ## Bring the platform up: tools, sandbox, `pulumi up`, a request through the front door
	@$(BIN)/headgate tour up

down: ## Stop everything; state stays
	@test ! -x $(BIN)/headgate || $(BIN)/headgate sandbox down

test: tools ## Run every suite with coverage
	@rm -rf build/coverage && mkdir -p build/coverage
	@$(MAKE) --no-print-directory test-unit test-component test-sandbox \
		MEASURE='-m slipcover --json --out build/coverage/$$@.json'
	$(BIN)/python -m slipcover --merge build/coverage/*.json --xml --out coverage.xml

test-unit: venv ## Run the unit tests: no processes
	$(PYTEST) -m "unit and not stress" -n auto $(ABREAST) $(OPTIONS) tests/unit

test-component: tools ## Run the component tests: one real program at a time
	$(BIN)/headgate toolchain build promtool gator
	$(PYTEST) -m "component and not stress" -n 5 $(ABREAST) $(OPTIONS) tests/component

test-sandbox: tools ## Run the sandbox tests: the whole platform
	$(PYTEST) -m "sandbox and not stress" $(OPTIONS) tests/sandbox

stress: tools ## Run what is long and heavy (docs/reference/nightly.md); ends with how long each took
	$(BIN)/headgate toolchain build prometheus-adapter
	$(PYTEST) -m stress --durations=0 --durations-min=1 $(OPTIONS) tests

lint: venv ## Check form, types, arrows between parts, policies, and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy benchmarks
	$(BIN)/mypy --config-file tests/mypy.ini tests
	$(BIN)/lint-imports
	$(BIN)/headgate toolchain build opa
	$(BIN)/headgate policy test
	$(BIN)/headgate stack validate
	$(BIN)/python -m lint
	$(BIN)/python docs/generate.py --check
	$(BIN)/python docs/generate.py --components --check

format: venv ## Write the form that `lint` checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: venv ## Write the generated files: schemas, reference pages
	$(BIN)/headgate toolchain build opa
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/generate.py --components

pictures: venv ## Draw the README's pictures from a real run of `make up`
	$(BIN)/python docs/draw_pictures.py

bench: tools ## Measure, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

snapshot: tools ## Keep what this release deploys, for the next one's upgrade test (after `make up`)
	$(BIN)/python tests/support/release_snapshot.py

lock: ## Resolve the requirements anew, with hashes and without index addresses
	$(PYTHON) -m venv build/lock
	build/lock/bin/pip install --quiet --disable-pip-version-check uv
	build/lock/bin/uv pip compile pyproject.toml --extra dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/dev.txt
	for each in checkov mlflow policy-sdk; do build/lock/bin/uv pip compile requirements/$$each.in --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --quiet --output-file requirements/$$each.txt || exit 1; done
	cd requirements/azurite && npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

clean: down ## Remove what can be made again; state and tools stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache coverage.xml
