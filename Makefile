# The whole workflow: make run (the sample site), make test (everything). See README.md.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

.PHONY: setup setup-dev run test lint types docs dist bench soak faults audit lock
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

# The sample site: publish it, mail its archive to one made-up reader, then serve and watch until Ctrl-C.
run: setup
	@$(BIN)/nashir publish
	@$(BIN)/nashir subscribers add reader@example.org --confirmed
	@$(BIN)/nashir send --now --include-existing
	@echo
	@echo "The sample site:   http://127.0.0.1:8080/"
	@echo "Its feeds:         http://127.0.0.1:8080/rss.xml  /atom.xml  /feed.json"
	@echo "The first letter:  outbox/new/ (a mail folder; \`nashir preview\` opens it in the browser)"
	@echo "Put a file into articles/ and reload. Ctrl-C stops."
	@echo
	@exec $(BIN)/nashir run

test: setup setup-dev
	$(BIN)/python -m pytest

lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: setup-dev
	$(BIN)/mypy

# docs/cli.md and docs/man/, from the commands.
docs: setup
	$(BIN)/python -m docs.writer

# dist/nashir-*.whl and dist/nashir-*.tar.gz: the same bytes wherever they are made.
dist: setup
	@rm -rf dist
	@$(BIN)/python -m hatchling build
	@ls -l dist

# A few minutes; benchmarks/README.md says how to ask for more.
bench: setup-dev
	@for name in first_run folder_to_feeds pages serve letters signing ledger; do echo "== $$name"; $(BIN)/python benchmarks/$$name.py || exit 1; done
	@echo "== imports"; $(BIN)/python benchmarks/imports.py --rows 100000 --rounds 1
	@echo "== send"; $(BIN)/python benchmarks/send.py --letters 5000 --only "fast sink"
	@echo "== faults"; $(BIN)/python benchmarks/faults.py --kills 20 --readers 5000 --faults

# An hour of everything at once: a daemon that is killed every minute, and one that is not (docs/reliability.md, X15).
soak: setup-dev
	$(BIN)/python benchmarks/soak.py

# What a kill, a stop and a failing relay cost, at full size: half an hour (docs/reliability.md has the rest, one by one).
faults: setup-dev
	$(BIN)/python benchmarks/faults.py
	$(BIN)/python benchmarks/publish_kills.py
	$(BIN)/python benchmarks/leaving.py

# Known vulnerabilities of what is locked; asks the package index's service. Without its answer it fails.
audit: setup-dev
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock -r requirements-postgres.lock -r requirements-dev.lock

# Rewrites the lock files (needs uv).
lock:
	uv pip compile pyproject.toml --group build --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.lock
	uv pip compile pyproject.toml --group build --extra postgres --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-postgres.lock
	uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.lock -o requirements-dev.lock
