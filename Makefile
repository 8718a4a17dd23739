# Two commands do all the set-up on a fresh machine: `make demo` makes a film, `make test` passes the tests.

PYTHON ?= python3
PORT ?= 8000
INTENT ?= Saitama fights a giant monster on a rooftop
WORLD ?= anime_world
BIN := .venv/bin

.PHONY: help demo serve test check format benchmarks clean

help:  ## What there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: .venv/base  ## Make a film: starts Ray and the API, renders an episode of the example world, stops them again
	$(BIN)/python storyworld.py render "$(INTENT)" --world $(WORLD) --cpus 2 --out outputs/demo.mp4

serve: .venv/base  ## Keep Ray and the API running (PORT=8000)
	$(BIN)/python storyworld.py serve --port $(PORT)

test: .venv/test  ## All tests
	$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/contract
	$(BIN)/pytest -q tests/integration

check: .venv/test  ## Format, lint, types, import contracts, secrets, unit tests
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-cache > .venv/import-contracts || (cat .venv/import-contracts; exit 1)
	git ls-files -z ':!planning/worlds/*/world.json' | xargs -0 $(BIN)/detect-secrets-hook --no-verify  # world.json is full of hashes
	$(BIN)/pytest -q -n 2 tests/unit

format: .venv/test  ## Format and mend what can be mended
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .

benchmarks: .venv/test  ## Measure: motion and orchestration, each against what a user could pick instead
	$(BIN)/python -m benchmarks.motion
	$(BIN)/python -m benchmarks.orchestration

clean:  ## Remove the virtual environment and the caches; outputs and databases stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		(echo "StoryWorld needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/test: .venv/base
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[models,test]'
	@touch $@
