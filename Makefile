# make demo   the main job on the base package, nothing else needed (about a minute)
# make test   install everything, run every test
# make lint   style, types, generated files
# make docs   write help, completions, manual and pages anew

PYTHON ?= python3
# Installing is the slow part: one environment for the demo (base package alone), one for all the rest.
DEMO := .venv-demo
DEV := .venv
INSTALL := -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint docs clean

$(DEMO)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/python $(INSTALL) .
	touch $@

$(DEV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/python $(INSTALL) --editable ".[pdf,gguf,train,data,dense,eval,ray,dev]"
	touch $@

demo: $(DEMO)/installed
	@PATH="$(CURDIR)/$(DEMO)/bin:$$PATH" sh examples/demo.sh

test: $(DEV)/installed
	$(DEV)/bin/python -m pytest --numprocesses 2

lint: $(DEV)/installed
	$(DEV)/bin/ruff check .
	$(DEV)/bin/ruff format --check .
	$(DEV)/bin/mypy
	$(DEV)/bin/python tools/generate.py --check

docs: $(DEV)/installed
	$(DEV)/bin/python tools/generate.py

clean:
	rm -rf $(DEMO) $(DEV) build dist demo-out .mypy_cache .ruff_cache .pytest_cache .hypothesis
