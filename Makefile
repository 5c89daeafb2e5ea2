# `make` lists the targets.  Each of them needs Python ≥ 3.11, make and git,
# and installs the rest into $(VENV), with the versions of constraints.txt.

PYTHON ?= python3
# Where everything is installed, and in which versions.
VENV ?= .venv
# Where `make serve` and `make preview` serve the page.
PORT ?= 8000
CONSTRAINTS ?= constraints.txt
# Where PyTorch comes from.  On Linux, PyPI's torch brings gigabytes of CUDA;
# PyTorch's own index has builds for the CPU (the README says how).
TORCH_INDEX ?=
TORCH := torch==2.13.0

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

BIN := $(VENV)/bin
TOOLS := $(BIN)/python -m tools
STAMPS := pyproject.toml $(CONSTRAINTS)
# What pip says is shown when it fails, whole: its last word alone hides the cause.
define install
@$(BIN)/python -m pip install --disable-pip-version-check -c $(CONSTRAINTS) $(1) \
  >$(VENV)/pip.log 2>&1 || { cat $(VENV)/pip.log; exit 1; }
endef

.PHONY: help book serve preview pdf epub kit package check test verify record chapter cifar10 oldest \
  evidence bench bench-live lab screenshots format constraints clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

book: $(VENV)/site ## Build the page and say where it is
	@$(TOOLS) record --check
	@$(TOOLS) pages
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going .
	@$(TOOLS) address _build/html/index.html
	@echo "Live figures need a server: make serve"

serve: book ## Serve the page, so that everything on it is alive
	@echo "http://localhost:$(PORT)/ (Ctrl-C ends it)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

preview: $(VENV)/preview $(VENV)/book book ## Serve the page, and make it anew at each save
	@$(TOOLS) preview $(PORT)

pdf: $(VENV)/site ## Print the book as a PDF (needs TeX; EDITION=student or instructor)
	@$(TOOLS) record --check
	@$(TOOLS) pages
	@$(TOOLS) programs latexmk xelatex rsvg-convert
	@$(BIN)/jupyter-book build --quiet -W -n --keep-going . --builder pdflatex
	@$(TOOLS) address _build/latex/deep-learning-for-applied-mathematicians.pdf

kit: $(VENV)/kit book ## Make what lecturers use (PRODUCT=…; exams: SEED=1,2 CHAPTERS=04,05)
	@PYTHONPATH=lib $(TOOLS) kit $(PRODUCT)

epub: ## Make the book for an e-reader
	@$(MAKE) kit PRODUCT=epub

package: $(VENV)/pip ## Build the library's wheel and sdist, and check them
	$(call install,--group package)
	@rm -rf _build/dist
	@$(BIN)/python -m build --quiet --outdir _build/dist
	@$(BIN)/twine check --strict _build/dist/*
	@$(BIN)/check-wheel-contents _build/dist/*.whl

# What Python compiles is kept: all the processes of the suite import the same.
PYTEST := PYTHONDONTWRITEBYTECODE= DLAM_PROGRESS=0 OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest
WRITING := tests/library tests/chapters tests/book lib

check: $(VENV)/test node_modules ## Check library, equations, numbers and style (CHAPTER=NN: one chapter)
	@$(PYTEST) -q $(if $(CHAPTER),--chapter $(CHAPTER) tests/chapters tests/book,-n 2 --dist loadfile $(WRITING))

test: $(VENV)/test node_modules ## Run what every change must pass
	@$(PYTEST) -n 3 --dist loadfile --no-loadscope-reorder \
	  -p tests.kernels -p tests.nbval_plugin \
	  --nbval --nbval-current-env --nbval-sanitize-with tests/nbval.cfg \
	  book tests/site tests/live $(WRITING)
	@$(TOOLS) evidence --age

verify: ## Check everything and measure the evidence anew (hours; commits the evidence)
	@$(MAKE) $(VENV)-otter/ready
	@DLAM_FULL=1 $(MAKE) test
	@$(MAKE) oldest
	@$(MAKE) evidence
	@git add trust && { git diff --cached --quiet -- trust || git commit --quiet -m "Evidence measured" -- trust; }

evidence: $(VENV)/test ## Measure mutants, formulas and platforms where they are stale (UNIT=…)
	@$(TOOLS) evidence $(UNIT)

oldest: ## Run the tests with the oldest versions admitted
	@PYTEST_ADDOPTS="--deselect tests/book/test_style.py" \
	  $(MAKE) test VENV=.venv-oldest CONSTRAINTS=constraints-oldest.txt

record: $(VENV)/site $(VENV)/book ## Run the chapters that have changed, and record what comes out
	@PYTHONPATH=. $(BIN)/python book/images/cover.py
	@$(TOOLS) record $(CHAPTER)

# Half an hour on one core for each training run; give STATE and SEEDS for more.
SEEDS ?= 0
STATE ?= $(HOME)/cifar10-state
cifar10: $(VENV)/test ## Train HH's network for CIFAR-10, from your copy of it (DATA=…)
	@test -n "$(DATA)" || { echo "Say where CIFAR-10 is: make cifar10 DATA=folder"; exit 1; }
	@echo "After each epoch the run is saved in $(STATE); the same command takes it up again."
	@$(BIN)/python runs/cifar10/run.py train "$(DATA)" "$(STATE)" --seeds $(SEEDS)
	@$(BIN)/python runs/cifar10/run.py collect "$(STATE)"

chapter: $(VENV)/site ## Write the files of a new chapter: make chapter NAME=07-optimisation
	@$(TOOLS) chapter $(NAME)

bench: $(VENV)/book ## Measure, side by side (not part of the tests)
	@DLAM_PROGRESS=0 $(BIN)/python bench/run.py --octave

bench-live: $(VENV)/test book ## Measure the live figures, in Node and in Chromium
	@$(BIN)/python bench/live.py

# Copies are opened, and kept: what is tried there is lost neither to the next
# `make record` nor to the next `make lab`.
lab: $(VENV)/lab ## Open copies of the chapters in JupyterLab
	@mkdir -p _build/lab
	@for f in book/*.ipynb book/images; do test -e _build/lab/$${f##*/} || cp -r $$f _build/lab/; done
	@$(BIN)/jupyter trust _build/lab/*.ipynb >/dev/null
	@$(BIN)/jupyter lab --notebook-dir=_build/lab

screenshots: $(VENV)/test book ## Photograph the pages: wide, narrow and dark
	@PYTHONPATH=. $(BIN)/python tests/screenshots.py

CODE := lib tests tools kit bench runs book/images
format: $(VENV)/test node_modules ## Format the code
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	@test ! -d node_modules || node_modules/.bin/biome check --write --log-level=error

constraints: ## Take the newest versions that fit together (the checks then judge)
	@sh tools/constraints.sh $(PYTHON) $(TORCH)

clean: ## Remove what was built and installed
	rm -rf .venv .venv-* node_modules _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

# What a target needs, installed once: each stamp is a file in $(VENV).
$(VENV)/pip: $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	  "This book needs Python 3.11 or newer; say which with make PYTHON=…")'
	@# What an interrupt left without pip is made anew; no other folder is touched.
	@if test -e $(VENV) && ! test -f $(VENV)/pyvenv.cfg && ! rmdir $(VENV) 2>/dev/null; then \
	  echo "$(VENV) is there and no environment of Python; say where with make VENV=…"; exit 1; fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(call install,pip)
	@touch $@

$(VENV)/site: $(VENV)/pip
	@echo "Installing what renders the book into $(VENV)"
	$(call install,--group site)
	@touch $@

# torch goes first, and alone: asked for by a range, it would be the newest
# CUDA build.
$(VENV)/book: $(VENV)/pip
	@echo "Installing what runs the book into $(VENV)"
	$(call install,$(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) $(TORCH))
	$(call install,--editable '.[torch$(comma)book]')
	@touch $@

$(VENV)/test: $(VENV)/site $(VENV)/book
	@echo "Installing what checks the book into $(VENV)"
	$(call install,--group test)
	@touch $@

$(VENV)/kit: $(VENV)/site
	$(call install,--group kit)
	@touch $@

# otter-grader brings twenty packages that nothing else here needs.
$(VENV)-otter/ready: $(STAMPS)
	@$(PYTHON) -m venv $(VENV)-otter
	@$(VENV)-otter/bin/python -m pip install --quiet --upgrade pip
	@$(VENV)-otter/bin/python -m pip install --quiet -c $(CONSTRAINTS) --group otter
	@touch $@

$(VENV)/preview: $(VENV)/site
	$(call install,--group preview)
	@touch $@

$(VENV)/lab: $(VENV)/book
	$(call install,--group lab)
	@touch $@

comma := ,

# What checks the live figures.  Who has no npm does without: the tests say so.
node_modules: package-lock.json
	@if ! command -v npm >/dev/null; then exit 0; fi; \
	  echo "Installing what checks the live figures into node_modules"; \
	  npm ci --loglevel=error --no-audit --no-fund && touch $@
