# One entry for each habit. People and CI call the same lines.
#
# Steps leave a stamp in .venv/stamps, named after what was done, so that a second `make run` only starts the program.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
PYTEST := $(BIN)/python -m pytest
LOCK := UV_PYTHON_DOWNLOADS=never $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 \
	--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet

RUNS ?= 10000

# Without the bytecode each start compiles a thousand modules anew: 0.6 s.
unexport PYTHONDONTWRITEBYTECODE

# One step after the other, but for the lanes of `lint`: two at a time, each shows what it said once it has ended.
LANES := $(MAKE) --no-print-directory --jobs 2 $(if $(filter output-sync,$(.FEATURES)),--output-sync)
ifeq ($(MAKELEVEL),0)
.NOTPARALLEL:
endif
.DEFAULT_GOAL := help
.PHONY: help run test lint lint-web lint-types lint-rules format bench bench-ui fuzz web lock screenshots system clean

help:  ## What there is
	@sed -n 's/^\([a-z-]*\):.*##\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

run: $(STAMPS)/run $(STAMPS)/project web  ## A desk with a sandbox of every network, on this machine
	$(BIN)/onethread serve --sandbox $(ARGS)

test: $(STAMPS)/dev $(STAMPS)/project system web  ## Every test, on real servers and a real browser where they can be had
	$(BIN)/python hatch_build.py unit
	$(BIN)/python hatch_build.py budget
	$(PYTEST) -n 4 -m "not proof" --ignore tests/rules --durations 25 --durations-min 2
	$(PYTEST) -n 2 -m proof --dist load --durations 25 --durations-min 2 tests/rig

lint: $(STAMPS)/dev $(STAMPS)/project  ## Style, types, who may import whom, and the project's own rules
	@$(LANES) lint-web lint-types lint-rules

lint-web:
	$(BIN)/python hatch_build.py check

lint-types:
	$(BIN)/mypy

lint-rules:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(PYTEST) -q tests/rules

format: $(STAMPS)/dev  ## Let ruff lay out the code and mend what it safely can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: $(STAMPS)/dev $(STAMPS)/project web  ## Each bar as a ratio to a limit measured in the same run
	$(BIN)/python -m bench $(ARGS)

bench-ui: $(STAMPS)/dev $(STAMPS)/project system web  ## Each bar of the pages beside its limit (ARGS="u4 u5")
	$(BIN)/python -m bench.ui $(ARGS)

fuzz: $(STAMPS)/dev $(STAMPS)/project  ## Look for histories of merges (RUNS=10000; 0: none) and mails that break a promise; ARGS=seconds
	test $(RUNS) -eq 0 || ONETHREAD_MERGE_RUNS=$(RUNS) $(PYTEST) -q -n0 tests/services/test_merge_machine.py
	$(PIP) install --require-hashes -r requirements/fuzz.txt
	$(BIN)/python -m tests.fuzz.fuzz_mails $(ARGS)

screenshots: $(STAMPS)/dev $(STAMPS)/project system web  ## The README's pictures, in docs/images, from a served sandbox
	$(BIN)/python -m tests.browser.pictures docs/images

web: $(STAMPS)/run  ## The inbox and the widget, when their sources changed
	@$(BIN)/python hatch_build.py

lock: $(STAMPS)/dev  ## Lock again after pyproject.toml changed; ARGS=--upgrade takes newer versions
	$(LOCK) --extra sandbox --extra build --extra dev -o requirements/dev.txt $(ARGS)
	$(LOCK) --extra sandbox --extra build -c requirements/dev.txt -o requirements/run.txt $(ARGS)
	$(LOCK) --extra fuzz -c requirements/dev.txt -o requirements/fuzz.txt $(ARGS)

system:  ## Debian's mail servers, browser and fonts for the tests, where this account may install them
	@sh tests/rig/system_packages.sh

clean:  ## Back to a fresh clone
	rm -rf $(VENV) web/node_modules router/web/static .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "onethread needs Python 3.11 or newer: make PYTHON=/path/to/python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# What is pinned here is all of run.txt too (`lock` sees to it), so either stamp serves `run`.
$(STAMPS)/dev: requirements/dev.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/dev.txt
	@mkdir -p $(STAMPS) && touch $(STAMPS)/run $@

$(STAMPS)/run: requirements/run.txt | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/run.txt
	@mkdir -p $(STAMPS) && touch $@

# No build isolation: the build back end is in the lock already. The assets are the business of `web`.
$(STAMPS)/project: pyproject.toml hatch_build.py | $(STAMPS)/run
	SKIP_WEB=1 $(PIP) install --no-deps --no-build-isolation --editable .
	@mkdir -p $(STAMPS) && touch $@
