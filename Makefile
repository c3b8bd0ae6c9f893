# Two commands for a newcomer: `make demo` and `make test`. Each target creates the environment that
# it needs, on a machine with Python 3.11 or later and make. Later calls reuse it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# CPU=1 is remembered by later calls: PyTorch without CUDA, and no tools for tests. Some systems set
# a variable of this name, so it only counts as an argument.
ifneq ($(origin CPU),command line)
CPU := $(if $(wildcard $(VENV)/.ready-cpu),1)
endif
READY := $(VENV)/.ready$(if $(CPU),-cpu)
UV_VERSION := 0.13.9
# One worker per core and one for Slurm, each with one thread; tests/conftest.py groups tests by
# worker.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile \
	--no-loadscope-reorder
SYNC := $(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes
TORCH = $(shell grep -oE '^torch(vision)?==[0-9.]+' envs/requirements.lock)
LOCK := --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet
# Packages that only PyTorch with CUDA needs; the lock without CUDA omits them.
CUDA = $(shell grep -oE '^(cuda-[a-z]+|nvidia-[a-z0-9-]+|torch|torchvision|triton)==' \
	envs/requirements.lock | tr -d = | grep -v nvidia-ml-py)
ENGINE ?= torchvision
ifeq ($(ENGINE),detectron2)
DEMO := results/demo-detectron2
DEMO_CONFIG := --configfile profiles/demo/detectron2.yaml
else
DEMO := results/demo
DEMO_CONFIG :=
endif

.PHONY: setup demo torchvision detectron2 test test-fast lint bench lock clean help
.DEFAULT_GOAL := help

help:
	@echo "make demo       run the whole experiment on drawn street scenes and print its tables"
	@echo "                (ENGINE=detectron2: with detectron2, where it is installed)"
	@echo "make test       run all tests"
	@echo "make test-fast  run the unit tests and the tests of the job graph"
	@echo "make lint       check style and types: ruff, snakefmt, snakemake --lint, mypy"
	@echo "make bench      measure speed beside peers and limits: benchmarks/speed.md"
	@echo "                (ONLY='index planning': these)"
	@echo "make setup      create $(VENV) (the other targets do so automatically)"
	@echo "                (CPU=1: without CUDA and test tools, under 2 GB instead of 7)"
	@echo "make lock       resolve the locks in envs again from pyproject.toml"
	@echo "make clean      remove the demo's results and tool caches; keep $(VENV)"

$(VENV)/.uv:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; call make with PYTHON=/path/to/a/newer/python3")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@

$(VENV)/.ready: envs/requirements.lock | $(VENV)/.uv
	@echo "Setting up $(VENV) (about 7 GB, once; without an NVIDIA GPU: make setup CPU=1) …"
	@$(SYNC) envs/requirements.lock
	@rm -f $(VENV)/.ready-cpu; touch $@

# uv uses PyTorch's own index, which has builds without CUDA, in the lock's versions. The lock has
# no hashes of them.
$(VENV)/.ready-cpu: envs/requirements-cpu.lock | $(VENV)/.uv
	@echo "Setting up $(VENV) without CUDA (under 2 GB, once) …"
	@$(SYNC) envs/requirements-cpu.lock
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --no-deps \
		--torch-backend cpu $(TORCH)
	@rm -f $(VENV)/.ready; touch $@

setup: $(READY)

demo: $(READY) $(ENGINE)
	@started=$$(date +%s); touch $(VENV)/.demo; \
	$(BIN)/snakemake --profile profiles/demo $(DEMO_CONFIG) && \
	{ test $(DEMO)/tables/table_2.json -nt $(VENV)/.demo || \
	  { $(BIN)/python -m workflow_scripts tables show $(DEMO)/tables/table_2.json && echo && \
	    $(BIN)/python -m workflow_scripts statistics show $(DEMO)/tables/verdict.json && echo && \
	    $(BIN)/python -m workflow_scripts privacy show $(DEMO)/tables/privacy.json; }; } && \
	echo && \
	echo "Done in $$(( $$(date +%s) - started )) s. The tables and numbers, under $(DEMO)/:" && \
	echo "  tables/table_2.md        Table II; .csv, .tex and .json beside it" && \
	echo "  tables/verdict.md        equivalent, different or inconclusive, class by class" && \
	echo "  tables/privacy.md        what each variant still reveals about faces and plates" && \
	echo "  privacy.md               attacks on the images, why none ran here, what to do next" && \
	echo "  figures/before_after.svg faces and plates of each variant, by size" && \
	echo "  figures/figure_3.svg     faces and license plates per training frame" && \
	echo "  images/natural/train/    the anonymized training images" && \
	echo "  runs/*/seed~*/           run.json, metrics.jsonl and eval.json of each training" && \
	echo "To run this on your own images, see \"On your data\" in README.md." && \
	echo "The report, one self-contained page: $(DEMO)/report.html"

torchvision:

detectron2: $(READY)
	@$(BIN)/python -c 'import sys; from workflow_scripts.training.engines.detectron2.installation import is_installed; is_installed() or sys.exit("detectron2 is not installed in $(VENV); docs/detectron2.md says how")'

test: $(VENV)/.ready
	$(PYTEST) $(PYTEST_ARGS)

test-fast: $(VENV)/.ready
	$(PYTEST) -m "not slow" --ignore tests/end_to_end --ignore tests/slurm --ignore tests/browser \
		$(PYTEST_ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

bench: $(VENV)/.ready
	$(BIN)/python -m benchmarks $(ONLY:%=--only %)

lock: $(VENV)/.ready
	$(BIN)/uv pip compile pyproject.toml --extra attacks --extra diffusion --group dev --universal \
		$(LOCK) -o envs/requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra attacks --universal --constraint envs/requirements.lock \
		$(CUDA:%=--no-emit-package %) $(LOCK) -o envs/requirements-cpu.lock

clean:
	rm -rf results/demo results/demo-detectron2 .pytest_cache .ruff_cache .mypy_cache .fingerprint_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
