# What a person or CI does with a checkout. Each target prepares what it needs in $(VENV) first; a stamp file there
# makes the next call start at once, until pyproject.toml or constraints.txt change.

# The first of these that is new enough, unless PYTHON is given.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
endif
VENV ?= .venv
# Tests run side by side, each file on one worker, where its costly fixtures are made once.
WORKERS ?= 2

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
INSTALL := $(PIP) install --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help demo test check-imports lint mypy pyright bench constraints clean

help:
	@echo "make demo         record a simulated plant and open the dashboard on it"
	@echo "make test         import contracts and all tests; what cannot run here is skipped with its reason"
	@echo "make lint         ruff, mypy, pyright, import contracts, shipped texts"
	@echo "make bench        measure against ML Metadata (takes a while)"
	@echo "make constraints  renew constraints.txt from the newest versions that pyproject.toml allows"
	@echo "make clean        remove build/, dist/ and $(VENV)"

$(VENV)/.base: constraints.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'provgraph needs Python 3.11 or newer, and "$(or $(PYTHON),python3)" is not: name one, as in' \
	       'make PYTHON=/path/to/python3.12 ...' >&2; exit 1; }
	@echo "Preparing $(VENV) (once; about a minute) ..." >&2
	@"$(PYTHON)" -m venv $(VENV)
	@$(INSTALL) pip
	@$(INSTALL) --group build
	@touch $@

# --no-build-isolation: hatchling comes from the constraints too.
$(VENV)/.demo: $(VENV)/.base pyproject.toml constraints.txt
	@$(INSTALL) --no-build-isolation --editable '.[dashboard,demo]'
	@touch $@

$(VENV)/.test: $(VENV)/.base pyproject.toml constraints.txt
	@$(INSTALL) --no-build-isolation --group test --editable '.[dashboard,demo,dvc,mlflow,networkx,pandas,prov,py2neo,slices]'
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	@$(INSTALL) --group lint
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/provgraph demo $(ARGS)

check-imports: $(VENV)/.test
	@$(BIN)/lint-imports --no-logo --cache-dir build/cache/import-linter

test: check-imports
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

lint: $(VENV)/.lint check-imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target mypy pyright
	@$(BIN)/python -m tests.texts

mypy pyright: $(VENV)/.lint

mypy:
	@$(BIN)/mypy

pyright:
	@$(BIN)/basedpyright --level error

bench: $(VENV)/.test
	@$(BIN)/python -m benchmarks.run $(ARGS)

# The versions are resolved on the oldest Python, which the newer ones can use too; the reverse does not hold.
constraints: RESOLVE := build/resolve
constraints:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo 'constraints.txt is resolved on Python 3.11: make PYTHON=python3.11 constraints' >&2; exit 1; }
	@rm -rf $(RESOLVE)
	@"$(PYTHON)" -m venv $(RESOLVE)
	@$(RESOLVE)/bin/python -m pip --disable-pip-version-check --quiet install --upgrade pip
	@$(RESOLVE)/bin/python -m pip --quiet install --group build
	@$(RESOLVE)/bin/python -m pip --quiet install --no-build-isolation --group lint \
	  --editable '.[dashboard,demo,dvc,mlflow,networkx,pandas,prov,py2neo,slices]'
	@{ echo '# Versions that the tests pass with, on every Python that pyproject.toml claims. Renew: make constraints'; \
	   $(RESOLVE)/bin/python -m pip freeze --all --exclude setuptools --exclude-editable; } > constraints.txt

clean:
	@rm -rf build dist $(VENV)
