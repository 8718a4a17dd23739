# Two commands do all the set-up on a fresh machine: `make demo` makes a film, `make test` passes the tests.

PYTHON ?= python3
PORT ?= 8000
INTENT ?= Saitama fights a giant monster on a rooftop
WORLD ?= anime_world
BACKEND ?= animatic
TINY_ANIMATEDIFF := {"animatediff": {"options": {"model": "models/tiny/base", "motion_adapter": "models/tiny/motion", \
	"tiny_vae": "models/tiny/tiny_vae", "tier": "draft"}}}
BIN := .venv/bin

SECONDS ?= 1800
SEED ?= 1

unexport PYTHONDONTWRITEBYTECODE  # without, every process of Ray, and every run of the tests, would compile all of it again

# each of them starts a Ray, and two on one machine get into each other's way
ON_RAY := tests/on_ray tests/reliability/test_chaos.py tests/reliability/test_crash_points_on_ray.py

# those that load Ray, and about half of the rest
HALF_OF_UNIT := $(patsubst %,tests/unit/%/,actors benchmarks cluster doors planning relay)
OTHER_HALF_OF_UNIT := $(filter-out $(HALF_OF_UNIT) %__pycache__/,$(wildcard tests/unit/*/))

.PHONY: help demo demo-animatic demo-animatediff serve test check types lint contracts secrets unit format benchmarks gpu-benchmark model crash-points faults chaos matrix clean

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

demo: demo-$(BACKEND)  ## Make a film: starts Ray and the API, renders an episode of the example world, stops them again

demo-animatic: .venv/base
	$(BIN)/python storyworld.py render "$(INTENT)" --world $(WORLD) --cpus 2 --out outputs/demo.mp4

demo-animatediff: .venv/models
	@$(BIN)/python -m rendering.backends.animatediff.tiny models/tiny
	STORYWORLD_FLEET='$(TINY_ANIMATEDIFF)' $(BIN)/python storyworld.py render "$(INTENT)" --world $(WORLD) --cpus 2 \
		--backend animatediff --out outputs/demo-animatediff.mp4

serve: .venv/base  ## Keep Ray and the API running (PORT=8000)
	$(BIN)/python storyworld.py serve --port $(PORT)

test: .venv/test  ## All tests
	$(BIN)/pytest -q -n 2 --dist loadfile tests/unit tests/api tests/contract
	$(BIN)/pytest -q -n 2 --dist loadfile tests/models tests/integration
	$(BIN)/pytest -q -n 2 --dist loadgroup tests/reliability $(patsubst %,--ignore=%,$(filter tests/reliability/%,$(ON_RAY)))
	$(BIN)/pytest -q $(ON_RAY)

check: .venv/test  ## Format, lint, types, import contracts, secrets, unit tests
	@$(MAKE) --no-print-directory -j 2 types lint secrets contracts
	@$(MAKE) --no-print-directory unit

types: .venv/test
	$(BIN)/mypy --no-error-summary

lint: .venv/test
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .

contracts: .venv/test
	$(BIN)/lint-imports --no-cache > .venv/import-contracts || (cat .venv/import-contracts; exit 1)

secrets: .venv/test
	git ls-files -z ':!planning/worlds/*/world.json' | xargs -0 -n 120 $(BIN)/detect-secrets-hook --no-verify  # world.json is full of hashes

# looking for plugins takes half a second; xdist would collect all tests in each worker; pytest's log capture looks at every logger six
# times a test; and without folders of their own, the two clean up each other's
UNIT := PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 $(BIN)/pytest -q -p pytest_asyncio.plugin -p pytest_timeout -p no:logging -m "not slow"

unit: .venv/test  ## Unit tests but for the slow ones, in two halves side by side
	@$(UNIT) --basetemp .venv/unit-tests $(HALF_OF_UNIT) & first=$$!; \
		$(UNIT) --basetemp .venv/unit-tests-too $(OTHER_HALF_OF_UNIT); second=$$?; wait $$first && exit $$second

format: .venv/test  ## Format and mend what can be mended
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .

benchmarks: .venv/test  ## Measure: motion, orchestration and simulated fleets, each against what a user could pick instead
	$(BIN)/python -m benchmarks.motion
	$(BIN)/python -m benchmarks.orchestration
	$(BIN)/python -m benchmarks.fleet_simulation

gpu-benchmark: .venv/test  ## Measure AnimateDiff on this machine's GPU, against diffusers (5 minutes)
	$(BIN)/python -m benchmarks.gpu_animatediff

model: .venv/test  ## Model test of the stores and its mutants, at length; writes docs/reliability.md
	$(BIN)/python -m tests.reliability.store_model

crash-points: .venv/test  ## Kill the system at every crash point, on both databases; writes docs/reliability.md
	$(BIN)/python -m tests.reliability.crash_sweep

faults: .venv/test  ## The functional suite on stores that fail, many seeds; writes docs/reliability.md
	$(BIN)/python -m tests.reliability.faults

chaos: .venv/test  ## Real Ray under a drawn schedule of faults (SECONDS=1800 SEED=1); writes docs/reliability.md
	$(BIN)/python -m tests.reliability.chaos --seconds $(SECONDS) --seed $(SEED) --write

matrix: .venv/test  ## Everything that RunPod can do to a cluster, on Ray's own autoscaler (a quarter of an hour)
	$(BIN)/python -m tests.runpod.matrix

clean:  ## Remove the virtual environment and the caches; outputs and databases stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		(echo "StoryWorld needs Python 3.11 or newer; this is $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1)
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/models: .venv/base
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[models]'
	@touch $@

.venv/test: .venv/base
	$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[models,test]'
	@touch $@
