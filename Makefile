# The whole workflow: make run (the sample site), make test (everything). See README.md.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: setup setup-dev run test lint types bench audit lock
.DEFAULT_GOAL := run

setup: .venv/.runtime
setup-dev: .venv/.dev

.venv/.runtime: requirements.lock pyproject.toml
	@echo "Setting up .venv (once; a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: .venv/.runtime requirements-dev.lock
	@echo "Installing what the tests need ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@sh tests/setup.sh
	@touch $@

run: setup
	@exec $(BIN)/nashir run --sample

test: setup setup-dev
	$(BIN)/python -m pytest

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup-dev
	$(BIN)/mypy

bench: setup-dev
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

# Needs the vulnerability service of the package index.
audit: setup-dev
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip --quiet install pip-audit
	.venv-audit/bin/pip-audit --require-hashes --disable-pip -r requirements.lock

# Rewrites both lock files (needs uv).
lock:
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-dev.lock
