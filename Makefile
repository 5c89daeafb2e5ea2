# `make` lists the targets.  Each of them needs Python ≥ 3.11, make and git,
# and installs the rest into $(VENV), with the versions of constraints.txt.

PYTHON ?= python3
# Where everything is installed, and in which versions.
VENV ?= .venv
CONSTRAINTS ?= constraints.txt
# Where PyTorch comes from.  On Linux, PyPI's torch brings gigabytes of CUDA;
# PyTorch's own index has builds for the CPU (the README says how).
TORCH_INDEX ?=
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS)
STAMPS := pyproject.toml $(CONSTRAINTS)

.PHONY: help book pdf test record certificate mutants oldest bench bench-live lab screenshots \
  format constraints clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

book: $(VENV)/site ## Build the page and say where it is
	@$(BIN)/python -m tools.record.notebook --check
	@$(BIN)/python -m tools.pages.appendix --check
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going .
	@$(BIN)/python -m tools.pages.address _build/html/index.html

pdf: $(VENV)/site ## Print the book as a PDF (needs TeX)
	@$(BIN)/python -m tools.record.notebook --check
	@$(BIN)/python -m tools.pages.appendix --check
	@$(BIN)/python -m tools.programs latexmk xelatex rsvg-convert
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going . --builder pdflatex
	@$(BIN)/python -m tools.pages.address _build/latex/deep-learning-for-applied-mathematicians.pdf

test: $(VENV)/test node_modules ## Run every check
	@DLAM_PROGRESS=0 $(BIN)/python -m pytest -n 2 --dist loadfile \
	  --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg tests lib book

# make mutants MODULE=descent and make mutants CHAPTER=03-cost do one of them.
mutants: $(VENV)/test ## Alter library and book, and see whether the checks notice
	@$(if $(CHAPTER),,$(BIN)/python -m tools.evidence.mutants $(MODULE))
	@$(if $(MODULE),,$(BIN)/python -m tools.evidence.falsify $(CHAPTER))
	@$(BIN)/python -m tools.pages.appendix

record: $(VENV)/book ## Run the chapters and record what comes out
	@$(BIN)/python -m tools.pages.cover
	@$(BIN)/python -m tools.record.notebook
	@$(BIN)/python -m tools.pages.appendix

certificate: $(VENV)/book ## Measure where the numbers hold (takes a while; OTHERS=…)
	@DLAM_PROGRESS=0 $(BIN)/python -m tools.evidence.certificate $(OTHERS)

oldest: ## Run every check with the oldest versions admitted
	@$(MAKE) test VENV=.venv-oldest CONSTRAINTS=constraints-oldest.txt

bench: $(VENV)/book ## Measure, side by side (not part of the tests)
	@DLAM_PROGRESS=0 $(BIN)/python bench/run.py --octave

bench-live: $(VENV)/test book ## Measure the live figures, in Node and in Chromium
	@$(BIN)/python bench/live.py

# JupyterLab draws the figures of a record only if it is told to trust it.
lab: $(VENV)/lab ## Open the chapters in JupyterLab
	@$(BIN)/jupyter trust book/*.ipynb >/dev/null
	@$(BIN)/jupyter lab --notebook-dir=book

screenshots: $(VENV)/test book ## Photograph the pages: wide, narrow and dark
	@$(BIN)/python -m tools.pages.screenshots

format: $(VENV)/test node_modules ## Format the code
	@$(BIN)/ruff check --fix lib tests tools bench
	@$(BIN)/ruff format lib tests tools bench
	@test ! -d node_modules || node_modules/.bin/biome check --write --log-level=error

constraints: ## Take the newest versions that fit together (the checks then judge)
	@sh tools/constraints.sh $(PYTHON) $(TORCH)

clean: ## Remove what was built and installed
	rm -rf .venv .venv-* node_modules _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What a target needs, installed once: each stamp is a file in .venv.
$(VENV)/pip: $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "This book needs Python 3.11 or newer; say which with make PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) pip
	@touch $@

$(VENV)/site: $(VENV)/pip
	@echo "Installing what renders the book into $(VENV)"
	@$(PIP) --group site
	@touch $@

# torch goes first, and alone: asked for by a range, it would be the newest
# CUDA build.
$(VENV)/book: $(VENV)/pip
	@echo "Installing what runs the book into $(VENV)"
	@$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	@$(PIP) --editable '.[torch,book]'
	@touch $@

$(VENV)/test: $(VENV)/site $(VENV)/book
	@echo "Installing what checks the book into $(VENV)"
	@$(PIP) --group test
	@touch $@

$(VENV)/lab: $(VENV)/book
	@$(PIP) --group lab
	@touch $@

# What checks the live figures.  Who has no npm does without: the tests say so.
node_modules: package-lock.json
	@if ! command -v npm >/dev/null; then exit 0; fi; \
	  echo "Installing what checks the live figures into node_modules"; \
	  npm ci --loglevel=error --no-audit --no-fund && touch $@
