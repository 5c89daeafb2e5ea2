# `make` lists the targets.  Each of them needs Python ≥ 3.11, make and git,
# and installs the rest into .venv, with the versions of constraints.txt.

PYTHON ?= python3
# Where PyTorch comes from.  On Linux, PyPI's torch brings gigabytes of CUDA;
# PyTorch's own index has builds for the CPU (the README says how).
TORCH_INDEX ?=
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
STAMPS := pyproject.toml constraints.txt

.PHONY: help book pdf test mutants record bench lab screenshots format constraints \
  clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

book: .venv/site ## Build the page and say where it is
	@$(BIN)/python tools/record.py --check
	@$(BIN)/python tools/equations.py --check
	@$(BIN)/python tools/bites.py --check
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going .
	@$(BIN)/python tools/address.py _build/html/index.html

pdf: .venv/site ## Print the book as a PDF (needs TeX)
	@$(BIN)/python tools/record.py --check
	@$(BIN)/python tools/equations.py --check
	@$(BIN)/python tools/bites.py --check
	@$(BIN)/python tools/programs.py latexmk xelatex rsvg-convert
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going . --builder pdflatex
	@$(BIN)/python tools/address.py _build/latex/deep-learning-for-applied-mathematicians.pdf

test: .venv/test ## Run every check
	@DLAM_PROGRESS=0 $(BIN)/python -m pytest -n 2 --dist loadfile \
	  --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg tests lib book

# make mutants MODULE=descent and make mutants CHAPTER=03-cost do one of them.
mutants: .venv/test ## Alter library and book, and see whether the checks notice
	@$(if $(CHAPTER),,$(BIN)/python tools/mutants.py $(MODULE))
	@$(if $(MODULE),,$(BIN)/python tools/falsify.py $(CHAPTER))
	@$(BIN)/python tools/bites.py

record: .venv/book ## Run the chapters and record what comes out
	@$(BIN)/python tools/cover.py
	@$(BIN)/python tools/record.py
	@$(BIN)/python tools/equations.py

bench: .venv/book ## Measure, side by side (not part of the tests)
	@DLAM_PROGRESS=0 $(BIN)/python bench/run.py --octave

# JupyterLab draws the figures of a record only if it is told to trust it.
lab: .venv/lab ## Open the chapters in JupyterLab
	@$(BIN)/jupyter trust book/*.ipynb >/dev/null
	@$(BIN)/jupyter lab --notebook-dir=book

screenshots: .venv/test book ## Photograph the pages: wide, narrow and dark
	@$(BIN)/python tools/screenshots.py

format: .venv/test ## Format the code
	@$(BIN)/ruff check --fix lib tests tools bench
	@$(BIN)/ruff format lib tests tools bench

constraints: ## Take the newest versions that fit together (the checks then judge)
	@sh tools/constraints.sh $(PYTHON) $(TORCH)

clean: ## Remove what was built and installed
	rm -rf .venv _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What a target needs, installed once: each stamp is a file in .venv.
.venv/pip: $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "This book needs Python 3.11 or newer; say which with make PYTHON=…")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) pip
	@touch $@

.venv/site: .venv/pip
	@echo "Installing what renders the book into .venv"
	@$(PIP) --group site
	@touch $@

# torch goes first, and alone: asked for by a range, it would be the newest
# CUDA build.
.venv/book: .venv/pip
	@echo "Installing what runs the book into .venv"
	@$(PIP) $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH)
	@$(PIP) --editable '.[torch,book]'
	@touch $@

.venv/test: .venv/site .venv/book
	@echo "Installing what checks the book into .venv"
	@$(PIP) --group test
	@touch $@

.venv/lab: .venv/book
	@$(PIP) --group lab
	@touch $@
