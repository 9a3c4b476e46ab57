# Every target makes the virtual environment it needs. PYTHON chooses the interpreter.
PYTHON ?= python3
PIP = -m pip --disable-pip-version-check install --quiet
HYPOTHESIS_PROFILE ?= ci

DEMO = .venv-demo
DEV = .venv
FRAMEWORKS = .venv-frameworks

.DEFAULT_GOAL := help
.PHONY: help demo test check format lint types layers conformance conformance-full mutants bench \
	examples record capture docs clean

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO)/ready ## Reproduce the mapping page, compare, convert and draw; no framework needed
	$(DEMO)/bin/isorate demo --output out

test: $(DEV)/ready ## Run the tests that need no framework
	$(DEV)/bin/python -m pytest -q

check: format lint types layers test ## Check format, lint, types and layers, then test

format: $(DEV)/ready ## Check the format
	$(DEV)/bin/ruff format --check --quiet .

lint: $(DEV)/ready ## Check for lint
	$(DEV)/bin/ruff check --quiet .

types: $(DEV)/ready ## Check the types
	$(DEV)/bin/mypy

layers: $(DEV)/ready ## Check that imports follow the architecture
	$(DEV)/bin/lint-imports

conformance: $(FRAMEWORKS)/ready ## Run beside the real frameworks, on a short profile
	HYPOTHESIS_PROFILE=$(HYPOTHESIS_PROFILE) $(FRAMEWORKS)/bin/python -m pytest -q \
		tests/conformance tests/training tests/test_examples.py
	$(FRAMEWORKS)/bin/python tools/record.py --check

conformance-full: ## The same with at least 300 configurations of every call
	$(MAKE) conformance HYPOTHESIS_PROFILE=full

mutants: $(FRAMEWORKS)/ready ## Change the code in 60 small ways and see whether the tests notice
	$(FRAMEWORKS)/bin/python $(PIP) --group mutants
	$(FRAMEWORKS)/bin/python tools/mutants.py

bench: $(FRAMEWORKS)/ready ## Print the benchmark table
	$(FRAMEWORKS)/bin/python -m benchmarks

capture: $(FRAMEWORKS)/ready ## Capture the tables from the real frameworks anew
	for dialect in torch mindspore isorate; do \
		$(FRAMEWORKS)/bin/python tools/capture.py $$dialect || exit 1; done

record: $(FRAMEWORKS)/ready ## Record the outputs on the pages of the documentation anew
	$(FRAMEWORKS)/bin/python tools/record.py

docs: $(DEV)/ready ## Write the generated documentation anew
	$(DEV)/bin/python tools/docs.py

clean: ## Remove the environments and everything generated
	rm -rf $(DEMO) $(DEV) $(FRAMEWORKS) out build dist .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache .hypothesis .benchmarks

$(DEMO)/ready: pyproject.toml
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python $(PIP) --editable '.[plot]'
	@touch $@

$(DEV)/ready: pyproject.toml
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(DEV)/bin/python $(PIP) --editable '.[plot]' --group test --group check
	@touch $@

$(FRAMEWORKS)/ready: pyproject.toml
	$(PYTHON) -m venv $(FRAMEWORKS)
	$(FRAMEWORKS)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(FRAMEWORKS)/bin/python $(PIP) --editable '.[plot]' --group test --group conformance
	@touch $@
