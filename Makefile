# Every target makes the virtual environment it needs. PYTHON chooses the interpreter.
PYTHON ?= python3
PIP = -m pip --disable-pip-version-check install --quiet
# A worker that is done takes tests from the other: the longest ones stand together.
TEST = -m pytest -q --numprocesses $(JOBS) --dist worksteal
JOBS ?= 2
export HYPOTHESIS_PROFILE ?= ci
# Many tests start a process, which would compile the whole package.
unexport PYTHONDONTWRITEBYTECODE

DEMO = .venv-demo
DEV = .venv
FRAMEWORKS = .venv-frameworks
# NumPy 2 and JAX, which needs it: the tests of torch and of JAX put them before the NumPy 1.26 that
# MindSpore needs.
NUMPY_2 = .venv-numpy-2

.DEFAULT_GOAL := help
.PHONY: help demo test tables check format lint types layers conformance gpu conformance-full mutants \
	bench record capture stubs docs dialect clean

help: ## Print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO)/ready ## Reproduce the mapping page, compare, convert and draw; no framework needed
	$(DEMO)/bin/isorate demo --output out

test: tables $(DEV)/ready ## Run the tests that need no framework
	$(DEV)/bin/python $(TEST) -m 'not numpy'

tables: $(DEV)/ready ## Run the tables of captured rates, with NumPy 2
	$(DEV)/bin/python $(TEST) -m numpy

check: format lint types layers ## Check format, lint, types and layers

format: $(DEV)/ready ## Check the format
	$(DEV)/bin/ruff format --check --quiet .

lint: $(DEV)/ready ## Check for lint
	$(DEV)/bin/ruff check --quiet .

types: $(DEV)/ready ## Check the types
	$(DEV)/bin/mypy

layers: $(DEV)/ready ## Check that imports follow the architecture
	$(DEV)/bin/lint-imports

conformance: tables $(FRAMEWORKS)/ready $(NUMPY_2)/ready ## Run beside the real frameworks, on a short profile
	$(FRAMEWORKS)/bin/python $(TEST) -m 'mindspore or numpy'
	PYTHONPATH=$(CURDIR)/$(NUMPY_2) $(FRAMEWORKS)/bin/python $(TEST) -m '(torch or jax) and not mindspore or mindspore and numpy'
	$(FRAMEWORKS)/bin/python tools/record.py --check

gpu: $(FRAMEWORKS)/ready ## Run what needs a GPU, and nothing else
	$(FRAMEWORKS)/bin/python $(TEST) -m gpu tests/training/test_torch_gpu.py

conformance-full: ## The same with at least 300 configurations of every call
	$(MAKE) conformance HYPOTHESIS_PROFILE=full

mutants: $(FRAMEWORKS)/ready ## Change the code in 60 small ways and see whether the tests notice
	$(FRAMEWORKS)/bin/python $(PIP) --group mutants
	$(FRAMEWORKS)/bin/python tools/mutants.py

bench: $(FRAMEWORKS)/ready ## Print the benchmark table
	$(FRAMEWORKS)/bin/python -m benchmarks

capture: $(FRAMEWORKS)/ready $(NUMPY_2)/ready ## Capture the tables from the real frameworks anew
	$(FRAMEWORKS)/bin/python tools/capture.py
	PYTHONPATH=$(CURDIR)/$(NUMPY_2) $(FRAMEWORKS)/bin/python tools/capture.py

record: $(FRAMEWORKS)/ready ## Record the outputs on the pages of the documentation anew
	$(FRAMEWORKS)/bin/python tools/record.py

stubs: $(FRAMEWORKS)/ready ## Write the signatures of what is made from calls anew
	$(FRAMEWORKS)/bin/python tools/stubs.py

dialect: $(DEV)/ready ## Write the skeleton of a dialect's files: make dialect NAME=keras
	$(DEV)/bin/python tools/new_dialect.py $(NAME)

docs: $(DEV)/ready ## Write the generated documentation anew
	$(DEV)/bin/python tools/docs.py

clean: ## Remove the environments and everything generated
	rm -rf $(DEMO) $(DEV) $(FRAMEWORKS) $(NUMPY_2) out build dist .mypy_cache .ruff_cache .pytest_cache \
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

# Of the frameworks' many modules only those are compiled that are imported.
$(FRAMEWORKS)/ready: pyproject.toml
	$(PYTHON) -m venv $(FRAMEWORKS)
	$(FRAMEWORKS)/bin/python $(PIP) --upgrade 'pip>=25.1'
	$(FRAMEWORKS)/bin/python $(PIP) --no-compile --editable '.[plot]' --group test --group conformance
	$(FRAMEWORKS)/bin/python $(PIP) --no-compile --no-deps timm==1.0.31  # its models alone need torchvision
	@touch $@

$(NUMPY_2)/ready: $(FRAMEWORKS)/ready
	$(FRAMEWORKS)/bin/python $(PIP) --no-compile --upgrade --target $(NUMPY_2) --group jax
	@touch $@
