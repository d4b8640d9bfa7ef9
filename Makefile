# `make help` says what each target does. Stamps are files, so what is up to date is not done again.

PORT ?= 8000
WORKERS ?= 2

BIN := .venv/bin
PY := $(BIN)/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: --requirement
PYTEST := $(PY) -m pytest
HERE := not browser and not bench and not packaging

RUNTIME := .venv/.runtime
DEV := .venv/.dev
NODE := node_modules/.package-lock.json
ASSETS := static/dist/manifest.json
POT := forum/locale/porchlight.pot
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard forum/locale/*/LC_MESSAGES/*.po))
READY := $(RUNTIME) $(ASSETS) $(CATALOGUES)

export PIP_ROOT_USER_ACTION := ignore

.PHONY: help setup serve test test-postgres test-browser test-packaging bench check format assets messages screenshots wheel lock clean
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
	$(PYTEST) -m "$(HERE)" -n $(WORKERS) --dist loadgroup $(TESTS)

test-browser: $(READY) $(DEV) ## Run the tests that drive Chromium, accessibility checks among them
	$(PYTEST) -m browser -n $(WORKERS) --dist worksteal $(TESTS)

test-packaging: $(READY) $(DEV) ## Build the wheel, install it elsewhere and run it there
	$(PYTEST) -m packaging tests/packaging

bench: $(READY) $(DEV) ## Measure pages against a bare reply and print the ratios (PORCHLIGHT_BENCH=smoke for a few)
	$(PYTEST) -m bench -s tests/bench

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

messages: $(RUNTIME) ## Collect the interface texts into forum/locale, for translators
	@mkdir -p forum/locale
	@$(BIN)/pybabel --quiet extract --mapping babel.cfg --keyword lazy --sort-by-file --no-wrap \
		--project Porchlight --copyright-holder "the Porchlight authors" --output $(POT) .
	@for po in $(wildcard forum/locale/*/LC_MESSAGES/*.po); do \
		$(BIN)/pybabel --quiet update --no-wrap --no-fuzzy-matching --input-file $(POT) --output-file $$po \
			--locale $$(basename $$(dirname $$(dirname $$po))) || exit 1; done

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
