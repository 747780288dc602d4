# Works with GNU make 3.81 (macOS) and later. Nothing here asks for root or calls sudo.
#   PYTHON=python3.13   the interpreter to make the virtual environment with (3.11 or newer)
#   VENV=.venv          where it is; TMPDIR=… to keep the servers' files elsewhere
#   ARGS='-k tick -x'   more arguments for pytest, or for the demo

NEWEST := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
PYTHON ?= $(or $(NEWEST),python3)
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test unit lint bench venv clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s  %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## A server, twenty queued jobs, and the database that calls for them; cleans up after itself
	@$(BIN)/python -m tests.demo $(ARGS)

test: $(READY) ## Everything: unit tests, then the suite on every kind of server this machine can have
	@$(BIN)/python -m tests $(ARGS)

unit: $(READY) ## The tests that need no server, in seconds
	@$(BIN)/python -m pytest tests/unit $(ARGS)

lint: $(READY) ## ruff, mypy, import-linter, squawk on the offline SQL, the compose files against their schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	@mkdir -p build
	$(BIN)/bunkd-db upgrade --sql >build/upgrade.sql
	$(BIN)/squawk --config .squawk.toml build/upgrade.sql
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.debian.yml

bench: $(READY) ## The plain recipe, ours and others side by side, half an hour: docs/benchmark.*; ARGS=--quick for less
	@$(BIN)/python -m benchmarks $(ARGS)

venv: $(READY) ## The virtual environment with this project and everything its tests need

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "bunkd-db needs Python 3.11 or newer, and '$(PYTHON)' is not." >&2; \
		echo "Debian 12 and later: apt-get install python3 python3-venv   or name one: make PYTHON=/path/to/python3.13" >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --editable . --group dev
	@touch $@

clean: ## Remove what the targets above left here
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
