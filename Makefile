# make demo   grade the sample class and show the table
# make test   the default tests
# make help   all targets
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help demo bench test test-slow check lint lock build clean

help:
	@sed -n '1,3p' Makefile
	@echo "# make test-slow   the tests with a Docker Engine and other slow parts"
	@echo "# make check   format, lint, types, and whether the student template is in step with its source"
	@echo "# make lint   format, lint and types alone"
	@echo "# make bench   this grader, otter-grader and nbgrader side by side; then 100, 1,000 and 10,000 submissions"
	@echo "# make build   student template, and dist/NAME/autograder.zip"
	@echo "# make lock   pin all versions anew"
	@echo "# make clean   remove the installation, and what was built"

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "installing pinned versions into $(VENV) (once, about a minute)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(STAMP)
	@unsafe=; $(BIN)/autograder doctor >/dev/null 2>&1 || { unsafe=--unsafe-in-process; \
	  echo "no walls stand on this machine (autograder doctor): our own sample class is graded without"; }; \
	$(BIN)/autograder grade tests/sample_class/notebooks --out dist/demo $$unsafe || [ $$? -eq 1 ]; \
	echo "three files of the sample class cannot be graded, and say why; feedback on one of the others:"; \
	$(BIN)/python -m pytest -q --no-header --tb=short -p no:cacheprovider $$unsafe \
	  --submission tests/sample_class/notebooks/karla_several_slips.ipynb | sed -n '/= FAILURES/,$$p'

bench: $(STAMP)
	$(BIN)/python benchmarks/side_by_side.py

test: $(STAMP)
	$(BIN)/python -m pytest -m "not docker and not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -m "docker or slow"

check: lint $(STAMP)
	$(BIN)/autograder build --check

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

build: $(STAMP)
	$(BIN)/autograder build

# Not needed to grade: otter-grader's PDF export, its documentation tools, and the kernel's debugger and completion.
IMAGE_LEAVES_OUT := playwright greenlet pyee babel sphinx alabaster docutils imagesize roman-numerals snowballstemmer \
  sphinxcontrib-applehelp sphinxcontrib-devhelp sphinxcontrib-htmlhelp sphinxcontrib-jsmath sphinxcontrib-qthelp \
  sphinxcontrib-serializinghtml jupyterlab-widgets widgetsnbextension pypdf jedi parso debugpy tzdata setuptools
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate
IMAGE := autograder/build/image

lock: $(STAMP)
	$(LOCK) --python-version 3.11 --extra dev --output-file requirements.lock pyproject.toml
	$(LOCK) --python-version 3.10 $(addprefix --no-emit-package ,$(IMAGE_LEAVES_OUT)) --output-file $(IMAGE)/requirements.txt $(IMAGE)/requirements.in
	sed -i '/following packages/,$$d' $(IMAGE)/requirements.txt

clean:
	rm -rf $(VENV) dist build
