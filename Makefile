# Fengqiao Gateway. `make` lists what can be done; every target prepares what it needs.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARGS ?=
# All tests: files of quick ones beside each other, in the order in which tests/conftest.py puts them.
BESIDE := --numprocesses auto --maxprocesses 8 --dist loadgroup --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench up bundle faults clean
MAKEFLAGS += --no-print-directory

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## make .venv with exactly what requirements.lock names

# Made again when the lock, the project file or the recipe is newer; otherwise this costs nothing.
$(INSTALLED): requirements.lock pyproject.toml tools/install.sh
	@sh tools/install.sh $(VENV)
	@touch $@

demo: $(INSTALLED)  ## play five stories with every kind of system, pretended, and print the account
	@$(BIN)/fengqiao demo $(ARGS)

test: $(INSTALLED)  ## run the tests (ARGS="-k held": a part of them, one after another)
	@$(BIN)/pytest $(or $(ARGS),$(BESIDE))

check: $(INSTALLED)  ## lint, formatting, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## measure mapping, door and lane, each against its plain twin
	@$(BIN)/python -m benchmarks $(ARGS)

up: $(INSTALLED)  ## run everything on this machine: PostgreSQL, Redis, doors, workers, clocks (ARGS="--workers 3")
	@$(BIN)/fengqiao up $(ARGS)

bundle: $(INSTALLED)  ## pack wheels and an install script for a machine without any network
	@$(BIN)/python -m tools.bundle $(ARGS)

faults: $(INSTALLED)  ## disturb a whole gateway and prove that nothing is lost (ARGS="--long")
	@$(BIN)/fengqiao-faults $(ARGS)

clean:  ## remove .venv, caches and build results; never kept records
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find adapters benchmarks gateway mappings tests tools -type d -name __pycache__ -prune -exec rm -rf {} +
