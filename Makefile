# Chalkline. `make help` lists what there is; every target installs what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := 0.13.9
BIN := .venv/bin
MEMBERS := shared/contracts shared/backbone services/directory services/goals services/observations services/notifications deploy

.PHONY: help install lock

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | awk -F'\t' '{printf "  %-14s %s\n", $$1, $$2}'

install: .venv/.installed ## everything the other targets need, from the lock file, into .venv

.venv/.installed: requirements.lock $(MEMBERS:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Chalkline needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip --disable-pip-version-check -q install uv==$(UV)
	@$(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e ./%)
	@touch $@

lock: ## resolve every dependency again into requirements.lock (versions and hashes only)
	$(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate pyproject.toml \
		$(MEMBERS:%=%/pyproject.toml) -o requirements.lock \
		$(foreach m,$(MEMBERS),--no-emit-package $(shell sed -n 's/^name = "\(.*\)"/\1/p' $(m)/pyproject.toml))

.PHONY: check test soak demo up down verify-tools verify-images golden catalogue clean
check: install ## style, types, walls between packages
	$(BIN)/ruff check -q .
	$(BIN)/ruff format -q --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: install ## every test but the soaks, on real servers (about CONTRIBUTING.md's time budget)
	$(BIN)/pytest -q -n 2 --dist loadfile --no-loadscope-reorder

soak: install ## what takes minutes: a district's year, replicas, rosters, somebody erased to the last byte (12 minutes)
	$(BIN)/pytest -q -m soak tests/system

demo: install ## a district comes aboard and is coached for six weeks, on a platform of its own, checked to the last row
	$(BIN)/chalkline demo

up: install ## run the platform here; `make down` stops it
	$(BIN)/chalkline up

down: install
	$(BIN)/chalkline down

verify-tools: install ## other people's tools look at a running platform (needs node 20 and npm)
	@tests/outside/check.sh

verify-images: install ## build, run, kill, scale and take apart the images on an engine (DOCKER_HOST; 5 to 10 minutes)
	@$(BIN)/python tests/outside/images.py

golden: install ## write the golden file of every new contract (never an old one again)
	$(BIN)/python tests/contracts/golden.py

catalogue: install ## write docs/events from the contracts
	$(BIN)/python tests/contracts/event_catalogue.py

clean: ## forget the environment and every cache (a running platform: `make down` first)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

.PHONY: bench bench-reads
bench: install ## measure speed, beside what else one might use (QUICK=1: short rounds)
	@$(BIN)/python -m bench $(if $(QUICK),--quick)

bench-reads: install ## ask every read of a year's district, and derive its projections again (HOME_OF=… after `demo --district large --keep`)
	@$(BIN)/python -m bench.reads --home $(HOME_OF) --mixed --seconds 90
	@$(BIN)/python -m bench.reads --home $(HOME_OF) --seconds 10
	@$(BIN)/python -m bench.rebuilds --home $(HOME_OF)
