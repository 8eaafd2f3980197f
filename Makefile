# Fengqiao Gateway. `make` lists what can be done; every target prepares what it needs.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench up clean
MAKEFLAGS += --no-print-directory

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED)  ## make .venv with exactly what requirements.lock names

# Made again when the lock, the project file or the recipe is newer; otherwise this costs nothing.
$(INSTALLED): requirements.lock pyproject.toml tools/install.sh
	@sh tools/install.sh $(VENV)
	@touch $@

demo: $(INSTALLED)  ## play the village-to-township story against pretend partners and print its account
	@$(BIN)/fengqiao demo $(ARGS)

test: $(INSTALLED)  ## run the tests (ARGS="-k held" hands arguments to pytest)
	@$(BIN)/pytest $(ARGS)

check: $(INSTALLED)  ## lint, formatting, types, direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(INSTALLED)  ## measure mapping, door and lane, each against its plain twin
	@$(BIN)/python -m benchmarks $(ARGS)

up: $(INSTALLED)  ## serve, with an embedded store in ./fengqiao-data
	@$(BIN)/fengqiao serve $(ARGS)

clean:  ## remove .venv, caches and build results; never kept records
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find adapters benchmarks gateway mappings tests tools -type d -name __pycache__ -prune -exec rm -rf {} +
