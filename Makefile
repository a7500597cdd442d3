# Every target does the set-up that it needs; PYTHON names the interpreter to make .venv from. What stands behind ## is
# what `make help` says of a target.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help run test test-long check format bench kernels packages clean

help: ## say what there is (the default)
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## review a bundled game: table, annotated SGF, graph and JSON in out/example
	$(BIN)/zhugo analyze zhugo/data/example.sgf --out out/example

test: ## lint, types and all tests but the long ones
	$(MAKE) -j3 check kernels packages
	scripts/test -m "not long"

test-long: ## lint, types and the tests that take minutes each
	$(MAKE) -j3 check kernels packages
	scripts/test -m long

check: $(READY) ## lint, format and types, nothing changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY) ## format the code, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) ## measure encoding, the tree and a whole daemon on an emulated device, in a minute or two
	$(BIN)/zhugo bench encode
	$(BIN)/zhugo bench tree
	$(BIN)/zhugo bench pipeline --device emulated --latency-ms 10 --batch 16 --searchers 2 --seconds 20

# What most tests run, compiled once: two workers of pytest would each compile it for themselves.
kernels: $(READY) ## compile the kernels that most tests run
	$(BIN)/zhugo genmove --size 9 --visits 2 --device emulated
	$(BIN)/python -c "from zhugo.bridges.gtp.game_kernels import load_kernels_of_the_end as load; load()"

packages: ## install the programs of other people that tests use
	scripts/install_package gnugo
	-scripts/install_package chromium

$(READY): pyproject.toml constraints.txt
	PYTHON="$(PYTHON)" scripts/setup
	touch $@

clean: ## remove .venv, out, and everything that tools left behind
	rm -rf .venv out build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
