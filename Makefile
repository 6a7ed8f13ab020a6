# Two commands: `make demo` shows the workbench with a sample county, `make test` runs every check.
PYTHON ?= python3
BIN := .venv/bin
.PHONY: setup demo test bench proof browser lint clean

setup: .venv/installed
	@started=$$(date +%s); $(BIN)/guanxi engine install && echo "graph engine: $$(( $$(date +%s) - started )) s"

.venv/installed: requirements.txt pyproject.toml
	@started=$$(date +%s); \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: set PYTHON=/path/to/it.")' && \
	$(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.txt && \
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . && touch $@ && \
	echo "environment: $$(( $$(date +%s) - started )) s"

demo: setup
	@GUANXI_HOME=var/demo exec $(BIN)/python -m guanxi.demo

.venv/installed-dev: .venv/installed requirements-dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt && touch $@

browser: .venv/installed-dev
	@$(BIN)/python tests/browser/chromium.py

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: setup browser lint
	$(BIN)/pytest --numprocesses 2 --dist loadgroup

bench: setup .venv/installed-dev
	PYTHONPATH=.:tests $(BIN)/python -P tests/bench.py

proof: setup browser
	GUANXI_PROOF_EXAMPLES=300 $(BIN)/pytest --numprocesses 2 --dist loadgroup

clean:
	rm -rf .venv var
