# make run: the chat, from nothing · make staff: the staff app · make test: everything that must hold · make check: the quick half of it
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export OMP_NUM_THREADS ?= 2
.PHONY: run staff test check bench evaluate train classifier clean setup setup-dev chromium python help
.DEFAULT_GOAL := help

help:
	@sed -n 's/^# //p' Makefile | head -1

python:
	@$(PYTHON) -c 'import sys; sys.exit(0) if sys.version_info >= (3, 11) else sys.exit("Python 3.11 or newer is needed; this is " + sys.version.split()[0] + ". Run: make PYTHON=/path/to/python3.11 run")'
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/ready: requirements.txt constraints.txt | python
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --quiet -c constraints.txt torch==2.13.0
	$(BIN)/python -m pip install --quiet --quiet -c constraints.txt -r requirements.txt
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	$(BIN)/python -m pip install --quiet --quiet -c constraints.txt -r requirements-dev.txt
	@touch $@

setup: $(VENV)/ready
setup-dev: $(VENV)/ready-dev

chromium:
	@command -v chromium >/dev/null || { echo "Installing Chromium for the browser tests"; \
	  SUDO=$$(command -v sudo || true); $$SUDO apt-get update -qq && $$SUDO apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; } \
	  || echo "Chromium could not be installed: the browser tests will say so. Install it with: apt-get install chromium"

run: $(VENV)/ready
	@$(BIN)/python -m ingest publish
	@$(BIN)/python app.py

staff: $(VENV)/ready
	@$(BIN)/python staff_app.py

check: $(VENV)/ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .
	$(BIN)/vulture

test: $(VENV)/ready-dev chromium check
	$(BIN)/pytest --cov --cov-report=term:skip-covered -q
	$(BIN)/coverage report --include=ingest/outline.py,ingest/versions.py,bot/cite.py --fail-under=100

bench: $(VENV)/ready-dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) data/index

train: $(VENV)/ready-dev
	$(BIN)/python -m training.train --out build/reader --encoder "$$($(BIN)/python -c 'from ingest.embed import find_model; print(find_model().path)')" --epochs 8 --own-more 3
	$(BIN)/python -m training.export --weights build/reader --encoder "$$($(BIN)/python -c 'from ingest.embed import find_model; print(find_model().path)')" --out bot/model

evaluate: $(VENV)/ready
	$(BIN)/python -m bot evaluate tests/quality/clinic.jsonl

classifier: $(VENV)/ready-dev
	$(BIN)/python training/safety_classifier.py
