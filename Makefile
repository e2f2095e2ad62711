# `make demo` and `make test` need nothing but Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
WORKERS ?= auto
TEST_POSTGRES_URL ?= postgres://gongkai:gongkai@127.0.0.1:5432/gongkai
COMPILE := CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/pip-compile --quiet --strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --annotation-style=line
export TEST_POSTGRES_URL
export PYTHONPATH := site
unexport MAKEFLAGS

.PHONY: help demo demo-reset install test test-slow test-postgres services lint types contract \
	templates messages requirements env-vars screenshots bench

help: ## what can be made
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | column -t -s "$$(printf '\t')"

demo: ## the demo city at http://127.0.0.1:8000 (PORT changes it)
	@$(PYTHON) scripts/demo.py serve

demo-reset: ## throws the demo's data away and prepares it anew
	@$(PYTHON) scripts/demo.py reset

install: ## the virtual environment with everything the tests need
	@$(PYTHON) scripts/demo.py install --dev

test: install ## the suite that runs at every change
	@$(MANAGE) compile_translations
	$(BIN)/pytest -n $(WORKERS) --dist worksteal
	@$(MAKE) --no-print-directory test-postgres

test-postgres: install ## what must hold on PostgreSQL too
	DATABASE_URL=$(TEST_POSTGRES_URL) $(BIN)/pytest -n $(WORKERS) --dist worksteal -m "postgres and not slow"

test-slow: install ## what takes minutes
	$(BIN)/pytest -m slow

services: ## gets and starts PostgreSQL, Redis and Chromium on Debian or Ubuntu
	@bash scripts/services.sh

lint: install ## style of the code
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install ## mypy, strict
	$(BIN)/mypy .

contract: install ## imports go down only
	$(BIN)/lint-imports

templates: install ## faults in the templates
	$(BIN)/djlint --lint site policies search

messages: install ## collects the strings of the interface into locale/ (needs gettext)
	$(MANAGE) makemessages --all --no-location --no-obsolete --ignore=.venv --ignore=node_modules --ignore=var --ignore=tests --ignore=bench --ignore=scripts
	$(MANAGE) compile_translations

requirements: ## compiles the pinned lists from the short ones
	$(COMPILE) --output-file requirements.txt requirements.in
	$(COMPILE) --output-file requirements-dev.txt requirements-dev.in

env-vars: ## writes docs/env-vars.md from the code
	$(MANAGE) env_vars > docs/env-vars.md

screenshots: install ## the pictures of the README, from the running demo
	$(BIN)/python scripts/screenshots.py

bench: install ## how fast and how good it is, on a corpus: make bench CORPUS=… QUERIES=…
	$(if $(and $(CORPUS),$(QUERIES)),,$(error Name the files: make bench CORPUS=laws.jsonl.xz QUERIES=queries.jsonl))
	$(BIN)/python bench/relevance.py --corpus $(CORPUS) --queries $(QUERIES)
	-$(BIN)/python bench/pages.py --corpus $(CORPUS) --queries $(QUERIES)
	-$(BIN)/python bench/search_page.py --corpus $(CORPUS) --queries $(QUERIES)
	-$(BIN)/python bench/import_speed.py --corpus $(CORPUS)
	-$(BIN)/python bench/first_paint.py
	-$(BIN)/python bench/intake.py
	-$(BIN)/python bench/grouping.py
	-$(BIN)/python bench/answers.py
	$(BIN)/python bench/search_engine.py --corpus $(CORPUS) --queries $(QUERIES)
	$(BIN)/python bench/provisions.py --corpus $(CORPUS)
