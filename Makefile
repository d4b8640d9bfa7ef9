# `make help` says what each target does. Stamps are files, so what is up to date is not done again.

PORT ?= 8000
WORKERS ?= 2
AT_ONCE ?= 0

BIN := .venv/bin
PY := $(BIN)/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement
PYTEST := $(PY) -m pytest
HERE := not browser and not bench and not packaging and not processes and not fuzz

RUNTIME := .venv/.runtime
DEV := .venv/.dev
NODE := node_modules/.package-lock.json
ASSETS := static/dist/manifest.json
POT := forum/locale/porchlight.pot
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard forum/locale/*/LC_MESSAGES/*.po))
READY := $(RUNTIME) $(ASSETS) $(CATALOGUES)

export PIP_ROOT_USER_ACTION := ignore

.PHONY: help setup serve test test-postgres test-browser test-packaging test-processes bench bench-import drill fuzz check format assets messages extract screenshots wheel lock clean
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) $(DEV) ## Install everything for development, without running anything

serve: $(READY) ## Set up, fill in demo content the first time, and serve at http://127.0.0.1:8000 (PORT=8001 for another port)
	@$(PY) -m forum demo
	@exec $(PY) -m forum serve --port $(PORT)

serve: export PORCHLIGHT_DEMO ?= 1
serve: export PORCHLIGHT_BASE_URL ?= http://127.0.0.1:$(PORT)

test: $(READY) $(DEV) ## Set up and run the tests; needs no running service (TESTS=tests/forum for some of them)
	$(PYTEST) -m "$(HERE)" -n $(WORKERS) --dist loadgroup $(TESTS)

test-postgres: $(READY) $(DEV) ## Run the same tests on PostgreSQL, named by PORCHLIGHT_TEST_DATABASE_URL
	@test -n "$$PORCHLIGHT_TEST_DATABASE_URL" || { echo "Set PORCHLIGHT_TEST_DATABASE_URL=postgresql+psycopg://user@host/database"; exit 2; }
	$(PYTEST) -m "$(HERE)" -n $(WORKERS) --dist loadgroup --ignore tests/lint $(TESTS)

test-browser: $(READY) $(DEV) ## Run the tests that drive Chromium, accessibility checks among them
	$(PYTEST) -m browser -n $(WORKERS) --dist worksteal $(TESTS)

test-packaging: $(READY) $(DEV) ## Build the wheel, install it elsewhere and run it there
	$(PYTEST) -m packaging tests/packaging

test-processes: $(READY) $(DEV) ## Run many processes: restarts under load, nginx, pgbouncer, a replica (TESTS=… for some)
	$(PYTEST) -m processes -n $(WORKERS) --dist loadgroup $(or $(TESTS),tests/processes)

bench: $(READY) $(DEV) ## Load pages and writes against a bare server and print the ratios (BENCH="thread vote" for some; docs/operate.md)
	$(PY) -m tests.bench

bench-import: $(READY) $(DEV) ## Import a real site and one twenty times as large, and print the rate and the memory
	$(PYTEST) -m bench -s tests/bench/test_import.py

drill: $(READY) $(DEV) ## Break what the server stands on while it is used, and print what was lost (PORCHLIGHT_DRILL=short for each fault once)
	$(PY) -m tests.drill $(DRILL)

fuzz: $(READY) $(DEV) ## Send the API whatever fits its OpenAPI document and what does not (PORCHLIGHT_FUZZ=short for a few minutes)
	$(PYTEST) -m fuzz -s -n $(AT_ONCE) tests/fuzz

check: $(READY) $(DEV) ## Lint and type-check the code, the templates and what git tracks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) tests/lint

format: $(DEV) ## Put the Python files into the project's format
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

assets: $(ASSETS) ## Build styles, scripts and icons into static/dist

messages: extract ## Collect the interface texts and bring the catalogues up to date, for translators
	@for po in $(wildcard forum/locale/*/LC_MESSAGES/*.po); do \
		$(BIN)/pybabel --quiet update --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
			--input-file $(POT) --output-file $$po --locale $$(basename $$(dirname $$(dirname $$po))) || exit 1; done

extract: $(RUNTIME)
	@mkdir -p $(dir $(POT))
	@$(BIN)/pybabel --quiet extract --mapping babel.cfg --keyword lazy --sort-by-file --no-wrap --add-location file \
		--project Porchlight --copyright-holder "the Porchlight authors" --output $(POT) .

screenshots: $(READY) $(DEV) ## Take the README's pictures from the demo content
	$(PY) scripts/screenshots.py

wheel: $(READY) ## Build dist/*.whl
	@mkdir -p dist && rm -f dist/*.whl
	$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

lock: $(RUNTIME) ## Pin what pyproject.toml and package.json newly ask for (UPGRADE=1 takes the newest of everything)
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## Remove what was installed and built; the database in var/ stays
	rm -rf .venv node_modules static/dist dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# What the targets above stand on.

$(PY):
	@PYTHON="$(PYTHON)" scripts/venv.sh

$(RUNTIME): requirements/runtime.lock requirements/build.lock pyproject.toml hatch_build.py | $(PY)
	@echo "Installing what Porchlight runs on"
	@$(PIP) requirements/runtime.lock
	@$(PIP) requirements/build.lock
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.lock $(RUNTIME)
	@echo "Installing what its tests need"
	@$(PIP) requirements/dev.lock
	@touch $@

$(NODE): package.json package-lock.json .npmrc | $(RUNTIME)
	@scripts/with-node.sh npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(ASSETS): $(NODE) static/build.mjs $(shell find static/css static/js static/img static/icons.txt 2>/dev/null)
	@scripts/with-node.sh node static/build.mjs
	@touch $@

%.mo: %.po | $(RUNTIME)
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@
