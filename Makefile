# Everything here needs Python 3.11 or newer with its venv module, and nothing else: the rest is
# installed into $(VENV), once, and again when pyproject.toml changes. pip does that, or uv if UV says
# where it is, in a tenth of the time.

VENV   ?= .venv
PYTHON ?=
UV     ?=
bin    := $(VENV)/bin

.PHONY: help demo deck test lint pytest once viewers conformance upstream bench parity completeness robustness \
	format clean
.DELETE_ON_ERROR:

# The tests start hundreds of processes, each of which would have to compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE

help: ## say what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile
	@echo "With VENV=directory (now $(VENV)), and PYTHON=interpreter to make a new one with (now $(or $(PYTHON),the first that will do))."

demo: $(VENV)/installed-demo ## run the scenarios, and write pages with their charts
	$(bin)/python -m scenarios --gallery build/gallery

deck: $(VENV)/installed-demo ## draw the lecture for slides, with ARGS="--words en --theme dark"
	$(bin)/python -m scenarios.deck build/deck $(ARGS)

test: lint pytest ## run every check

lint: $(VENV)/installed-dev ## check style and types
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

pytest: $(VENV)/installed-dev ## run the tests, with ARGS="..." for pytest
	$(bin)/python -m pytest $(ARGS)

once: $(VENV)/installed-clients ## run the tests that one Python is enough for
	$(bin)/python -m pytest -m once $(ARGS)

viewers: $(VENV)/installed-viewers ## open the views in Chromium, Perfetto and Mermaid
	.ci/viewers $(bin)/python

conformance: $(VENV)/installed-dev ## run all of CPython's own asyncio tests
	$(bin)/python tests/proof/conformance/run.py --rebuild

upstream: $(VENV)/installed-dev ## run the tests of other projects on a virtual loop
	$(bin)/python tests/proof/upstream/run.py $(ARGS)

bench: $(VENV)/installed-bench ## compare the speed with other loops, with ARGS="..." for benchmarks
	$(bin)/python -m benchmarks --json build/benchmarks.json $(ARGS)

parity: $(VENV)/installed-dev ## compare 10,000 random programs with the stock loop
	PARITY_PROGRAMS=$(or $(PROGRAMS),10000) \
		$(bin)/python -m pytest --timeout=0 tests/proof/test_parity.py $(ARGS)

completeness: $(VENV)/installed-dev ## compare the sweeps of 1,000 random programs with the stock loop
	COMPLETENESS_PROGRAMS=$(or $(PROGRAMS),1000) \
		$(bin)/python -m pytest --timeout=0 tests/proof/test_completeness.py $(ARGS)

robustness: $(VENV)/installed-dev ## use a loop at random for 1,000,000 steps, and make 10,000 runs
	ROBUSTNESS_STEPS=$(or $(STEPS),1000000) ROBUSTNESS_RUNS=$(or $(RUNS),10000) \
		$(bin)/python -m pytest --timeout=0 tests/proof/test_state_machine.py $(ARGS)

format: $(VENV)/installed-dev ## put the code into the house format
	$(bin)/ruff check --fix-only .
	$(bin)/ruff format .

clean: ## remove what the other targets made
	rm -rf .venv .venv-* "$(VENV)" build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What is to be installed before each stamp is set.
$(VENV)/installed-demo: install = .[chart,cli]
$(VENV)/installed-dev: install = .[dev]
$(VENV)/installed-clients: install = .[dev,clients]
$(VENV)/installed-viewers: install = .[test,viewers]
$(VENV)/installed-bench: install = .[bench]

pip = $(bin)/python -m pip install --no-compile --disable-pip-version-check
uv  = $(UV) pip install --python $(bin)/python pip

$(VENV)/installed-%: pyproject.toml | $(bin)/activate
	$(if $(UV),$(uv),$(pip)) --quiet --editable '$(install)'
	@touch $@

# This comes last into a new environment, so where it is, the environment is whole.
$(bin)/activate:
	@python=$$(sh .ci/pythons $(PYTHON)) && echo "Making $(VENV) with $$python" && \
		"$$python" -m venv --clear $(if $(UV),--without-pip) $(VENV)
