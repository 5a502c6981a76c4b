# 常用命令 / how to run anything: make help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
LOCK := uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --python-version 3.11

help: ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: $(VENV)/.run ## the product on a simulated floor, http://127.0.0.1:8000
	$(BIN)/dialwatch demo $(DEMO)

test: $(VENV)/.dev system ## all tests; tiers that cannot run here say why
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/.dev ## ruff, import directions, vendored files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python scripts/vendor.py --check

types: $(VENV)/.dev ## mypy --strict
	$(BIN)/mypy

bench: $(VENV)/.bench ## all benchmarks; each prints a table
	for each in ingest latency hub startup; do $(BIN)/python -m bench $$each || exit 1; done

system: ## system packages that the real tiers need, where they can be installed
	@scripts/system-packages

lock: ## resolve the dependencies anew into requirements/
	$(LOCK) pyproject.toml -o requirements/run.txt
	$(LOCK) pyproject.toml --group dev -o requirements/dev.txt
	$(LOCK) --group pyproject.toml:build -o requirements/build.txt
	$(LOCK) --group pyproject.toml:bench -c requirements/run.txt -o requirements/bench.txt

clean: ## remove what was made here
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; install python3 (Debian: apt install python3 python3-venv)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv; install it (Debian: apt install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements/run.txt pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.bench: $(VENV)/.dev requirements/bench.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	touch $@

.PHONY: help demo test lint types bench system lock clean
