# `make` or `make help` lists what there is. Everything needs only Python 3.11+, git and make; the
# console also needs node, which comes from PyPI where the machine has none.

PYTHON ?= python3

VENV := .venv
UV := $(CURDIR)/.uv/bin/uv
SAM := $(CURDIR)/.venv-sam/bin/sam
BUILD := .aws-sam/build
SOURCES := template.yaml samconfig.toml $(shell find infra layers functions -type f -not -path '*/__pycache__/*' 2>/dev/null)

# uv uses the Python that is here and never fetches one of its own.
export UV_PYTHON_DOWNLOADS := never
export UV_PYTHON_PREFERENCE := only-system
# Bytecode is kept: without it every process that a test starts compiles what it imports anew.
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
export AWS_DEFAULT_REGION ?= us-east-1

CONSOLE_SOURCES := $(wildcard $(shell git ls-files -co --exclude-standard web 2>/dev/null))

.PHONY: help setup demo console console-times screenshots test fuzz api-changes parameters licences audit \
        vulnerabilities sbom lock-audit check lint-python lint-template \
        lint-console build sizes cold-starts costs restore-drill test-artefacts bench deploy \
        lock-layers clean

help:
	@echo 'make setup           install everything into .venv'
	@echo 'make demo            the whole job on real data, on this machine, with a report'
	@echo 'make console         build the web console into web/dist'
	@echo 'make screenshots     pictures of the console for the docs'
	@echo 'make console-times   how quickly the console shows and answers'
	@echo 'make test            checks and all tests'
	@echo 'make check           ruff, mypy, the lint of template.yaml, and the checks of the console'
	@echo 'make build           what AWS gets: functions and layers, with their sizes'
	@echo 'make restore-drill   a lost stack, put back from its copies'
	@echo 'make cold-starts     how long the built functions take to start'
	@echo 'make costs           what a stack costs a month, from what was measured'
	@echo 'make test-artefacts  run the built functions on Python 3.13'
	@echo 'make fuzz            the API asked anything, for ten minutes (SECONDS=600)'
	@echo 'make api-changes     what breaks clients of the API since BASE (main)'
	@echo 'make audit           licences, and policies over templates and workflows'
	@echo 'make sbom            what functions carry, as CycloneDX, in build/'
	@echo 'make bench           speed at scale'
	@echo 'make deploy          sam deploy, and the console where it is hosted (ENV=dev or ENV=prod)'
	@echo 'make clean           remove what was built; data in .intent stay'

# ---- Environments -----------------------------------------------------------------------------

setup: $(VENV)/.ready

.uv/.ready: infra/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1). Name another one: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@rm -rf .uv && $(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/uv.txt
	@touch $@

$(VENV)/.ready: uv.lock pyproject.toml .uv/.ready
	@$(UV) sync --quiet --frozen --all-groups --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $@

.venv-sam/.ready: infra/sam-cli.txt .uv/.ready
	@echo 'installing the SAM CLI into .venv-sam'
	@$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv-sam
	@$(UV) pip install --quiet --python .venv-sam --require-hashes -r infra/sam-cli.txt
	@touch $@

.venv-audit/.ready: infra/audit.txt .uv/.ready
	@echo 'installing the auditors into .venv-audit'
	@$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv-audit
	@$(UV) pip install --quiet --python .venv-audit --require-hashes -r infra/audit.txt
	@touch $@

# ---- Use --------------------------------------------------------------------------------------

demo: setup
	@$(MAKE) --no-print-directory console || \
	  echo 'The console is left out: it could not be built. Everything else works; try `make console` again later.'
	@$(VENV)/bin/intent demo

bench: setup
	@$(VENV)/bin/python -m bench

# ---- The console ------------------------------------------------------------------------------

console: web/dist/index.html

web/node_modules/.ready: web/package-lock.json web/package.json web/client/package.json .uv/.ready
	@echo 'installing what the console is built with'
	@infra/npm.sh ci --silent
	@touch $@

web/dist/index.html: $(CONSOLE_SOURCES) docs/openapi.json web/node_modules/.ready
	@infra/npm.sh run --silent build
	@touch $@

web/node_modules/.checked: $(CONSOLE_SOURCES) docs/openapi.json docs/segments.md web/node_modules/.ready
	@infra/npm.sh run --silent generate
	@infra/npm.sh run --silent check
	@infra/npm.sh run --silent test
	@touch $@

screenshots: setup console
	@infra/install_chromium.sh
	@$(VENV)/bin/python infra/screenshots.py docs/images

# How quickly it shows and answers: docs/console.md.
console-times: setup console
	@infra/install_chromium.sh
	@$(VENV)/bin/python -m infra.console_times

# ---- Checks -----------------------------------------------------------------------------------

test: setup check console
	@infra/install_chromium.sh
	@$(VENV)/bin/python tests/run_suites.py unit integration faults e2e browser
	@if [ -n "$$($(VENV)/bin/python infra/find_python.py 3.13)" ]; then $(MAKE) --no-print-directory test-artefacts; \
	  else echo 'artefacts: not run, the built functions need a python3.13'; fi

fuzz: setup
	@FUZZ_SECONDS=$(or $(SECONDS),600) $(VENV)/bin/pytest -q -rP tests/e2e/test_main_job_fuzzed.py

api-changes: setup
	@mkdir -p build && git show $(or $(BASE),main):docs/openapi.json > build/openapi-before.json
	@$(VENV)/bin/python infra/api_changes.py build/openapi-before.json docs/openapi.json

# docs/parameters.md from template.yaml.
parameters: setup
	@$(VENV)/bin/python -m infra.parameters docs/parameters.md

licences: setup
	@$(VENV)/bin/python infra/licences.py docs/licences.md

audit: setup .venv-audit/.ready
	@$(VENV)/bin/python infra/licences.py
	@.venv-audit/bin/zizmor --offline --quiet --pedantic .github/workflows
	@$(VENV)/bin/python -m infra.lint_policies .venv-audit/bin/checkov

# Asks the databases of PyPI and OSV, so it says nothing where they cannot be reached.
vulnerabilities: setup .venv-audit/.ready
	@mkdir -p build
	@$(UV) export --quiet --frozen --all-groups --no-emit-project -o build/locked.txt
	@.venv-audit/bin/pip-audit --strict --disable-pip --require-hashes -r build/locked.txt

sbom: setup
	@mkdir -p build
	@$(UV) export --quiet --frozen --no-dev --preview-features sbom-export --format cyclonedx1.5 \
	  -o build/functions.cdx.json
	@echo build/functions.cdx.json

check: setup
	@$(MAKE) --no-print-directory -j2 lint-template lint-python lint-console

lint-console: web/node_modules/.checked

lint-python: setup
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

lint-template: setup
	@$(VENV)/bin/python infra/lint_template.py

# ---- What AWS gets ----------------------------------------------------------------------------

build: $(BUILD)/.ready
	@$(VENV)/bin/python infra/sizes.py $(BUILD)

$(BUILD)/.ready: $(SOURCES) .venv-sam/.ready $(VENV)/.ready
	@$(SAM) validate --lint
	@PYTHON313="$$($(VENV)/bin/python infra/find_python.py 3.13)" UV=$(UV) \
	  BUILD_LAYER="$(CURDIR)/$(VENV)/bin/python $(CURDIR)/infra/build_layer.py" \
	  LAYERS_SHA256="$$(git ls-files layers infra/build_layer.py | sort | xargs cat | sha256sum | cut -d' ' -f1)" \
	  $(SAM) build --parallel
	@touch $@

sizes: build

# Medians of nine starts under Lambda's runtime interface emulator.
cold-starts: build
	@$(VENV)/bin/python -m bench.cold_starts --page docs/artefacts.md

# A lost stack goes on from its copies: docs/upgrade.md.
restore-drill: setup
	@$(VENV)/bin/python -m bench.restore_drill build/restore-drill

# docs/costs.md from the figures of `python -m bench.cost_figures`.
costs: setup
	@$(VENV)/bin/python -m bench.cost_page docs/costs.md

test-artefacts: build
	@$(VENV)/bin/python tests/run_suites.py artefacts

deploy: build
	@$(SAM) deploy --config-env $(or $(ENV),dev) $(ARGS)
	@$(VENV)/bin/python infra/publish_console.py $(or $(ENV),dev) $(ARGS)

lock-layers: setup
	@UV=$(UV) $(VENV)/bin/python infra/lock_layers.py

lock-audit: setup
	@$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	  --custom-compile-command 'make lock-audit' infra/audit.in -o infra/audit.txt

clean:
	rm -rf web/dist web/node_modules web/client/dist .node .aws-sam .venv .venv-sam .venv-audit .uv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
