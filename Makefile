# make run, make test: everything they need is fetched into this folder; no root.

VENV ?= .venv
PY := $(VENV)/bin/python
NPM = $(PY) build_assets.py --npm
ARGS ?=

WEB_TOOLS := web/node_modules/.with-tools
BUILD_SOURCES := pyproject.toml hatch_build.py build_assets.py
WEB_SOURCES := $(shell find web templates -name node_modules -prune -o -type f -print 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help run test check browser-check pytest redis-matrix faults mutants soak xss pictures clean
.PHONY: bench bench-quick bench-lag bench-crowd bench-hold bench-inbound bench-archive

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'Options of run.py: make run ARGS="--port 8000 --workers 2"; another Python: PYTHON=python3.12'

run: $(VENV)/.installed ## Install what is missing, start Rollcall, print its address
	@exec $(PY) run.py $(ARGS)

test: $(VENV)/.installed-tests check browser-check pytest ## Everything that is tested

check: $(VENV)/.installed-tests $(WEB_TOOLS) ## Format, lint, types, imports
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/ruff check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(NPM) run --silent check

browser-check: $(VENV)/.installed-tests $(WEB_TOOLS)
	$(NPM) test --silent

# Some hundred servers are started: what was compiled once is kept for the next, whatever the
# environment says.
pytest faults mutants soak xss: export PYTHONDONTWRITEBYTECODE =
pytest faults mutants soak xss: export PYTHONPYCACHEPREFIX = $(abspath $(VENV))/compiled

# Tests wait half of their time: three at a time keep two cores busy. A file stays together, and
# tests/conftest.py says which begin.
pytest: $(VENV)/.installed-tests
	$(PY) -m tests.support.chromium
	$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(ARGS)

redis-matrix: $(VENV)/.installed-tests ## The presence tests on other servers: SERVERS="/path/redis-server ..."
	@for server in $(SERVERS); do \
		$$server --version && TEST_REDIS_SERVER=$$server $(PY) -m pytest -q tests/presence || exit 1; \
	done

bench: $(VENV)/.installed-bench ## Rollcall beside its peers, ten minutes; ARGS=--publish writes docs/PERFORMANCE.md
	$(PY) -m bench $(ARGS)

bench-quick: $(VENV)/.installed-bench ## A look at the same in a minute
	$(PY) -m bench --quick $(ARGS)

bench-lag: $(VENV)/.installed-bench ## How long until others see it, beside the published bounds: seven minutes
	$(PY) -m bench.lag $(ARGS)

bench-crowd: $(VENV)/.installed-bench ## Two thousand people who come and go: is every roster right
	$(PY) -m bench.crowd $(ARGS)

bench-inbound: $(VENV)/.installed-bench ## What a message costs on its way in; ARGS=--steps where py-spy is installed
	$(PY) -m bench.inbound $(ARGS)

bench-hold: $(VENV)/.installed-bench ## What one worker holds: 3 000 connections, and the one too many
	$(PY) -m bench.hold $(ARGS)

bench-archive: $(VENV)/.installed-tests ## Search and history among a million messages, on both databases; ARGS=--publish writes it down
	$(PY) -m bench.archive $(ARGS)

faults: $(VENV)/.installed-tests ## The rows of docs/FAULTS.md: ARGS="--times 20 --rows 1,13 --long"
	$(PY) -m tests.faults $(ARGS)

mutants: $(VENV)/.installed-tests ## Each safeguard is taken out once: a test must go red
	$(PY) -m tests.mutants $(ARGS)

xss: $(VENV)/.installed-tests ## Hundreds of texts that would run, wherever people may write: none may
	$(PY) -m tests.support.chromium
	TEST_XSS=1 $(PY) -m pytest -q tests/browser/test_xss.py tests/browser/test_xss_everywhere.py $(ARGS)

soak: $(VENV)/.installed-tests ## People, faults and an oracle: ARGS="--minutes 60 --people 100 --seed 7" or ARGS="--delivery --database postgresql"
	$(PY) -m tests.soak $(ARGS)

pictures: $(VENV)/.installed-tests ## Take the pictures of the README anew
	$(PY) -m bench.pictures

clean: ## Remove what was installed and built; the data folder stays
	rm -rf $(VENV) web/node_modules tests/browser/node_modules bench/peers/node/node_modules chat/static/dist

$(VENV)/.installed: $(BUILD_SOURCES) $(WEB_SOURCES) | $(PY)
	@echo "Installing Rollcall into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-tests: $(BUILD_SOURCES) $(WEB_SOURCES) | $(PY)
	@echo "Installing Rollcall and its test tools into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(VENV)/.installed $@

$(VENV)/.installed-bench: $(VENV)/.installed-tests
	@echo "Installing what the bench needs into $(VENV)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test,bench]'
	@touch $@

$(WEB_TOOLS): web/package-lock.json | $(VENV)/.installed-tests
	$(NPM) ci --ignore-scripts --no-audit --no-fund
	@touch $@

# An interpreter that answers, is new enough and can make environments; PYTHON names another.
FITS := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
FOUND_PYTHON = $(shell for one in python3.12 python3.11 python3; do \
	$$one -c '$(FITS)' 2>/dev/null && { command -v $$one; break; }; done)

$(PY):
	@python="$(or $(PYTHON),$(FOUND_PYTHON))"; \
	if [ -z "$$python" ] || ! "$$python" -c '$(FITS)'; then \
		echo "Rollcall needs Python 3.11 or newer with venv; name one: make run PYTHON=python3.12" >&2; \
		exit 1; \
	fi; \
	"$$python" -m venv $(VENV)
