# Two commands: `make run` and `make test`. They need python3 with venv, and make.
SHELL := /bin/sh
PYTHON ?= python3
PY := .venv/bin/python
ARGS ?=

.PHONY: help env env-run run test lint format lock screens bench mutate clean

help:
	@echo "make run                 the demo on http://localhost:8000 (PORT=… for another port)"
	@echo "make test [ARGS=…]       the tests; ARGS go to pytest"
	@echo "make lint | make format  checks of style, types, floors, templates | put style right"
	@echo "make screens | bench | mutate   screenshots | benchmarks | proof that the tests bite"
	@echo "make lock                write requirements*.txt from pyproject.toml"

run: env-run
	@RMFLOW_MODE=$${RMFLOW_MODE:-demo} $(PY) manage.py serve

test: env
	@$(PY) tests/run.py pytest $(ARGS)

lint: env
	@$(PY) tests/lint.py

format: env
	@$(PY) -m ruff check --fix . && $(PY) -m ruff format .

screens: env
	@$(PY) tests/run.py tests/screens.py $(ARGS)

bench: env
	@$(PY) tests/run.py --durable tests/bench/run.py $(ARGS)

mutate: env
	@$(PY) tests/mutate.py $(ARGS)

lock: env
	@$(PY) tests/lint.py --write-lock

clean:
	rm -rf .venv var

# --- the environment: made once, and again when the locks change ---

env-run: .venv/made-run
env: .venv/made-dev

.venv/made-run: requirements.txt | .venv/bin/python
	@test -e .venv/made-dev || $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@test ! -e .venv/made-dev || $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv/made-dev: requirements-dev.txt | .venv/bin/python
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ .venv/made-run

.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. On Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "Python's venv is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Making the environment in .venv (a minute)."
	@$(PYTHON) -m venv .venv
