# Two commands for a newcomer: `make demo` and `make test`. Each target creates the environment that
# it needs, on a machine with Python 3.11 or later and make. Later calls reuse it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9
# A worker a core, each with one thread; tests/conftest.py says which tests share a worker.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses auto --dist loadfile \
	--no-loadscope-reorder
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
	@echo "make bench      measure speed, each figure beside an alternative"
	@echo "make setup      create $(VENV) (the other targets do so automatically)"
	@echo "make lock       resolve envs/requirements.lock again from pyproject.toml"
	@echo "make clean      remove the demo's results and tool caches; keep $(VENV)"

$(READY): envs/requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or later is needed, this is " + sys.version.split()[0] + "; call make with PYTHON=/path/to/a/newer/python3")'
	@echo "Setting up $(VENV) (about 7 GB, once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes envs/requirements.lock
	@touch $@

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
	echo "  figures/before_after.svg faces and plates of each variant, by size" && \
	echo "  figures/figure_3.svg     faces and license plates per training frame" && \
	echo "  images/natural/train/    the anonymized training images" && \
	echo "  runs/*/seed~*/           run.json, metrics.jsonl and eval.json of each training" && \
	echo "To run this on your own images, see \"On your data\" in README.md." && \
	echo "The report, one self-contained page: $(DEMO)/report.html"

torchvision:

detectron2: $(READY)
	@$(BIN)/python -c 'import sys; from workflow_scripts.training.engines.detectron2.installation import is_installed; is_installed() or sys.exit("detectron2 is not installed in $(VENV); docs/detectron2.md says how")'

test: $(READY)
	$(PYTEST) $(PYTEST_ARGS)

test-fast: $(READY)
	$(PYTEST) -m "not slow" --ignore tests/end_to_end --ignore tests/slurm --ignore tests/browser \
		$(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m benchmarks

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra diffusion --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o envs/requirements.lock

clean:
	rm -rf results/demo results/demo-detectron2 .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
