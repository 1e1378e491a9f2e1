# The project's verbs. `make` alone lists them.
PYTHON_IN = .venv/bin/python
BENCH = all
JOBS = 10000
SEED = 1
MAKEFLAGS += --no-print-directory
# Dozens of processes start, and none should compile again what another has compiled.
export PYTHONDONTWRITEBYTECODE =
.DEFAULT_GOAL := help
.PHONY: help demo test checks lint format docs lock clean bench storm fill

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

demo: .venv/.ready ## Run everything here: services, demo account, web, worker, beat (PORT=9000 for another port)
	@$(PYTHON_IN) manage.py dev

test: .venv/.ready ## Run the whole suite on its own services, and lint beside it (ARGS="-k reminders" picks tests)
	@$(MAKE) --jobs=2 lint checks

checks:
	$(PYTHON_IN) -m pytest $(or $(ARGS),-n auto)

# The type checker loads the settings, which want addresses; nothing connects to them.
lint: export DEBUG = 1
lint: export DATABASE_URL = postgresql://unused/unused
lint: export REDIS_URL = redis://unused
lint: .venv/.ready ## Check format, style, types and import rules
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: .venv/.ready $(if $(filter all jobs reminders,$(BENCH)),.venv-bench/.ready)
bench: $(if $(filter all jobs,$(BENCH)),benchmarks/bullmq/node_modules/.ready)
bench: ## Measure: BENCH=jobs (needs npm), kills, histories, retries, another of benchmarks/README.md, or all; QUICK=1 is short
	@$(PYTHON_IN) -m benchmarks.record $(BENCH)

fill: .venv/.ready ## Fill the running demo with JOBS made-up jobs (5,000,000 unless told), to look at the console with them
	@$(PYTHON_IN) -m benchmarks.fill $(if $(filter command environment,$(origin JOBS)),--jobs $(JOBS))

storm: .venv/.ready ## Lose workers, Valkey and PostgreSQL at random (SEED) under JOBS jobs, and count what was lost or doubled
	@$(PYTHON_IN) -m benchmarks.storm --jobs $(JOBS) --seed $(SEED)

format: .venv/.ready ## Format the code and mend what can be mended
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

docs: .venv/.ready ## Write docs/settings.md again from the settings' own comments
	@$(PYTHON_IN) -m focusjobs.dev.reference

lock: .venv/.ready ## Pin again what the requirements pull in (UPGRADE=1 takes the newest)
	.venv/bin/uv pip compile requirements-dev.txt --universal --python-version 3.11 --no-header --no-annotate \
	    --no-emit-index-url $(if $(UPGRADE),--upgrade) --quiet --output-file constraints.txt

clean: ## Remove the virtual environment, the demo's data and caches
	@if [ -L .dev/elsewhere ]; then rm -rf "$$(readlink .dev/elsewhere)"; fi
	rm -rf .venv .venv-bench benchmarks/bullmq/node_modules tests/clients/watermelondb/node_modules .dev .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: requirements.txt requirements-dev.txt constraints.txt .ci/setup
	@.ci/setup
	@touch $@

.venv-bench/.ready: benchmarks/requirements.txt
	.venv/bin/python -m venv --clear .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements.txt
	@touch $@

benchmarks/bullmq/node_modules/.ready: benchmarks/bullmq/package-lock.json
	@command -v npm >/dev/null || { echo "BullMQ needs Node.js 20 or newer with npm: install it, or run BENCH=growth."; exit 1; }
	npm --prefix benchmarks/bullmq install --no-save --no-audit --no-fund --loglevel=error
	@touch $@
