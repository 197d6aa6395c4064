# One command for each thing that one does with a checkout. Each target installs what it needs into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
.DEFAULT_GOAL := help
# A demonstration starts three programs, the tests hundreds: each would compile all of it again.
unexport PYTHONDONTWRITEBYTECODE
# A test waits for a quarter of its time. In the order of the folders: files with few tests take the longest, and would
# come last otherwise, on one core.
BESIDE := -n 3 --dist loadfile --no-loadscope-reorder
.PHONY: help demo dashboard test test-all lint bench screenshots

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/local.stamp ## Load a warehouse from a simulated Wistia account: the first load and seven days.
	@$(BIN)/reelhouse demo

dashboard: $(VENV)/dashboard.stamp ## Show the demonstration's warehouse in a browser, as on its last morning.
	@$(BIN)/reelhouse dashboard --as-of 2026-01-15T09:00:00Z

test: $(VENV)/dev.stamp ## Run the tests (twelve minutes on two cores).
	$(BIN)/pytest $(BESIDE)

test-all: $(VENV)/dev.stamp ## Run the tests, the long ones too.
	$(BIN)/pytest $(BESIDE) -m "long or not long"

lint: $(VENV)/dev.stamp ## Check style, format and types.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp ## Measure: ratios taken in one run.
	$(BIN)/python -m tests.benchmarks

screenshots: $(VENV)/dev.stamp ## Take the pictures of the dashboard's pages; needs a chromium.
	$(BIN)/python -m tests.end_to_end.dashboards.screenshots dashboards/screenshots

$(VENV)/local.stamp: pyproject.toml constraints.txt | $(VENV)/made.stamp
	@echo "Installing reelhouse with its embedded engine into $(VENV) ..."
	@$(PIP) install -c constraints.txt -e '.[local]'
	@touch $@

$(VENV)/dashboard.stamp: pyproject.toml constraints.txt | $(VENV)/made.stamp
	@echo "Installing reelhouse with its dashboard into $(VENV) ..."
	@$(PIP) install -c constraints.txt -e '.[local,dashboard]'
	@touch $@ $(VENV)/local.stamp

$(VENV)/dev.stamp: pyproject.toml constraints.txt | $(VENV)/made.stamp
	@echo "Installing reelhouse with its development tools into $(VENV) ..."
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@ $(VENV)/local.stamp $(VENV)/dashboard.stamp

$(VENV)/made.stamp:
	@$(PYTHON) -c 'import sys; sys.exit("reelhouse needs Python 3.11 or 3.12, and $(PYTHON) is %d.%d; type: make PYTHON=python3.11 ..." % sys.version_info[:2] if not (3, 11) <= sys.version_info[:2] < (3, 13) else 0)'
	@$(PYTHON) -m venv $(VENV)
	@touch $@
