# Every target does the set-up that it needs; PYTHON names the interpreter to make .venv from.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: run test test-long check kernels clean

run: $(READY)
	$(BIN)/zhugo analyze zhugo/data/example.sgf --out out/example

test: $(READY)
	$(MAKE) -j2 check kernels
	scripts/install_package gnugo
	-scripts/install_package chromium
	scripts/test -m "not long"

test-long: $(READY)
	$(MAKE) -j2 check kernels
	scripts/install_package gnugo
	-scripts/install_package chromium
	scripts/test -m long

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What most tests run, compiled once: two workers of pytest would each compile it for themselves.
kernels: $(READY)
	$(BIN)/zhugo genmove --size 9 --visits 2 --device emulated
	$(BIN)/python -c "from zhugo.gtp.engine import load_kernels_of_the_end as load; load()"

$(READY): pyproject.toml constraints.txt
	PYTHON="$(PYTHON)" scripts/setup
	touch $@

clean:
	rm -rf .venv out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
