# The book of commands. Nothing needs to be installed before but Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo serve test test-slow torture check format bench docs fidelity clean

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/'

# `make demo` and `make serve` need the package only; everything else needs the tools of its developers too.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.package: pyproject.toml | $(VENV)/.made
	@echo "Installing the emulator into $(VENV) (once) ..."
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(STAMP): pyproject.toml $(VENV)/.package
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $@

demo: $(VENV)/.package  ## watch a whole ATO request happen, offline
	@$(BIN)/mockserver demo

serve: $(VENV)/.package  ## run the emulator for your plugin (ARGS="--port 0 …")
	@$(BIN)/mockserver serve $(ARGS)

test: $(STAMP)  ## run the tests
	$(BIN)/python -m pytest -n auto -m "not slow" $(ARGS)

test-slow: $(STAMP)  ## run those that start browsers, environments and servers by the dozen; CI does
	$(BIN)/python -m pytest -n auto -m slow $(ARGS)

torture: $(STAMP)  ## kill the server a thousand times while clients write (ROUNDS=1000), and fuzz it at length
	TORTURE=$(or $(ROUNDS),1000) $(BIN)/python -m pytest tests/store/test_killed.py tests/fuzz $(ARGS)

check: $(STAMP)  ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)  ## put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

fidelity: $(VENV)/.package  ## write docs/fidelity.md from the code
	$(BIN)/mockserver fidelity > docs/fidelity.md

docs: $(STAMP) fidelity  ## write the generated pages, and build the site into build/docs
	$(BIN)/python -m mockserver.cli.reference docs/reference
	$(BIN)/mkdocs build --strict --quiet
	@echo "open build/docs/index.html"

bench: $(STAMP)  ## measure (ARGS="NAME… --rounds 15"; PEERS=1 measures other mock servers as well)
	@PEERS="$(PEERS)" $(BIN)/python -m benchmarks $(ARGS)

clean:  ## forget the environment and what tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
