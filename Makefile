# Thin: every target calls the command line or a tool. `make` alone lists them.
DATA ?=
LABELS ?=
PARAMS ?= $(if $(DATA),params/own.yaml,params/fashion_mnist.yaml)
SET ?=
IMAGES ?=
FORCE ?=
FROM ?=
WAIT ?=
RUNS ?=
FORMAT ?=
SWEEP ?=
CONFIRM ?=
SIZES ?=
export DATA LABELS PARAMS SET IMAGES FORCE FROM WAIT RUNS FORMAT SWEEP CONFIRM SIZES
PYTHON ?= python3
ENVIRONMENT := image-structure-report

# An active conda environment made from environment.yml is used as it is; otherwise .venv is made from the lock.
ifeq ($(CONDA_DEFAULT_ENV),$(ENVIRONMENT))
PY := python
READY :=
else
PY := .venv/bin/python
READY := .venv/.ready
endif

.DEFAULT_GOAL := help
.PHONY: help setup report reproduce compare sweep predict pdf smoke data lab test test-fast lint format lock check calibrate whole bench clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  DATA=path takes your own images, a folder or a file, in the form they are in; LABELS=path their labels'
	@echo '  PARAMS=params/x.yaml picks the run; SET="clustering.k_max=15 seed=7" overrides its parameters'
	@echo '  WAIT=1 waits for another run of the same name, rather than refusing'

setup: $(READY)  ## make .venv from requirements.lock (the other targets do it by themselves)

# Made in one go and marked ready at the end, so that an interrupted set-up starts again.
.venv/.ready: requirements.lock
	@echo "setting up .venv from requirements.lock (once; a minute or more)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $$($(PYTHON) --version) is too old; name a Python 3.11 or newer: make PYTHON=python3.12 setup" >&2; exit 1; }
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

report: $(READY)  ## run the notebooks and write build/<run>/report.html; DATA=path LABELS=path for your own images
	@$(PY) -m report_lib report --data "$$DATA" --labels "$$LABELS" --params "$$PARAMS" --set "$$SET" \
		--force "$$FORCE" --from "$$FROM" --wait "$$WAIT"

reproduce: $(READY)  ## make RUN=fashion_mnist again from its record, with nothing reused, and say what differs
	@$(PY) -m report_lib reproduce --run "$(or $(RUN),$(basename $(notdir $(PARAMS))))"

compare: $(READY)  ## hold finished runs against one another: RUNS="fashion_mnist classic"; FORMAT=md for a pull request
	@$(PY) -m report_lib compare --runs "$$RUNS" --format "$$FORMAT"

sweep: $(READY)  ## make the runs of SWEEP=params/sweeps/seeds.yaml that are not there yet, and a page of all of them
	@$(PY) -m report_lib sweep --sweep "$$SWEEP" --confirm "$$CONFIRM"

predict: $(READY)  ## ask a run about new images: RUN=fashion_mnist IMAGES=new.npy
	@$(PY) -m report_lib predict --run "$(or $(RUN),$(basename $(notdir $(PARAMS))))" --images "$$IMAGES"

pdf: $(READY)  ## print the report of the run in PARAMS to build/<run>/report.pdf, with an installed Chromium
	@$(PY) -m report_lib pdf --run "$(or $(RUN),$(basename $(notdir $(PARAMS))))"

smoke: $(READY)  ## the smallest report: scikit-learn's digits, offline, in seconds
	@$(PY) -m report_lib report --params params/digits.yaml --set "$$SET" --force "$$FORCE" --wait "$$WAIT"

data: $(READY)  ## find, check and cache the data of a run, or of DATA=path
	@$(PY) -m report_lib data --data "$$DATA" --labels "$$LABELS" --params "$$PARAMS" --set "$$SET"

lab: $(READY)  ## open JupyterLab on the notebooks
	@# Threads as in a report, so that both share what is kept of expensive calls.
	@env $$($(PY) -c 'from report_lib.common.parallel import numeric_environment as p; print(*map("=".join, p().items()))') \
		$(PY) -m jupyterlab notebooks

test: $(READY)  ## run every test, and see that they reach the code
	$(PY) -m pytest --cov=report_lib --cov-report=term:skip-covered --cov-fail-under=90

test-fast: $(READY)  ## run what takes no browser, no report and no long training: under a minute, after each change
	$(PY) -m pytest -m "not slow and not browser"

check: $(READY)  ## hold the figures of the run in PARAMS against exact and published values
	$(PY) -m tests.published build/$(basename $(notdir $(PARAMS)))/metrics.json

calibrate: $(READY)  ## try on made images, of which all is known, whether the page's claims are right as often as they say; minutes
	@$(PY) -m tests.calibration

whole: $(READY)  ## cluster all images of both published sets, as published methods do, for the README's table; minutes
	@$(PY) -m tests.whole_sets fashion_mnist mnist

bench: $(READY)  ## time a run, reruns and its page, or SIZES="7500 15000 30000 60000", in a copy; kept in build/bench.json
	@$(PY) -m tests.benchmark --data "$$DATA" --labels "$$LABELS" --params "$$PARAMS" --set "$$SET" --sizes "$$SIZES"

lint: $(READY)  ## check style and the notebooks
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

format: $(READY)  ## put code and notebooks into the house style
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

lock: $(READY)  ## pin the newest versions that pyproject.toml allows, for all Pythons and systems
	$(PY) -m uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --upgrade --output-file requirements.lock

clean:  ## remove what runs and tools left; .venv and the data cache stay
	rm -rf build .pytest_cache .hypothesis .ruff_cache .coverage
