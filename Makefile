# Two commands for a newcomer: `make demo` and `make test`. Each target sets up what it needs, on a
# machine with Python 3.11 or later and make; a second call finds it there.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9
ENGINE ?= torchvision
ifeq ($(ENGINE),detectron2)
DEMO := results/demo-detectron2
DEMO_CONFIG := --configfile profiles/demo/detectron2.yaml
else
DEMO := results/demo
DEMO_CONFIG :=
endif

.PHONY: setup demo torchvision detectron2 test lint bench lock clean help
.DEFAULT_GOAL := help

help:
	@echo "make setup  install what the others need into $(VENV); they do it themselves"
	@echo "make demo   run the whole experiment on drawn street scenes, print its tables"
	@echo "            (ENGINE=detectron2: with detectron2, where it is installed)"
	@echo "make test   run the tests"
	@echo "make lint   check style: ruff, snakefmt, snakemake --lint"
	@echo "make bench  measure speed against the alternatives"
	@echo "make lock   resolve envs/requirements.lock anew from pyproject.toml"
	@echo "make clean  remove the demo's results and what the tools cached ($(VENV) stays)"

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
	  { $(BIN)/python -m workflow_scripts.analysis.tables show $(DEMO)/tables/table_2.json && echo && \
	    $(BIN)/python -m workflow_scripts.analysis.statistics show $(DEMO)/tables/verdict.json && echo && \
	    $(BIN)/python -m workflow_scripts.privacy show $(DEMO)/tables/privacy.json; }; } && \
	echo && \
	echo "Done in $$(( $$(date +%s) - started )) s. The tables and numbers, under $(DEMO)/:" && \
	echo "  tables/table_2.md        Table II; .csv, .tex and .json beside it" && \
	echo "  tables/verdict.md        equivalent, different or inconclusive, class by class" && \
	echo "  tables/privacy.md        what each variant still tells about faces and plates" && \
	echo "  figures/before_after.svg faces and plates of each variant, by size" && \
	echo "  figures/figure_3.svg     faces and license plates per training frame" && \
	echo "  images/natural/          the anonymized training images" && \
	echo "  runs/*/seed~*/           of each training: run.json, metrics.jsonl, eval.json" && \
	echo "The same on your own images: README.md, \"On your data\"." && \
	echo "All of it on one page: $(DEMO)/report.html"

torchvision:

detectron2: $(READY)
	@$(BIN)/python -c 'import sys; from workflow_scripts import detectron2_files as d; d.installed() or sys.exit("detectron2 is not installed in $(VENV); docs/detectron2.md says how")'

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(PYTEST_ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile rules
	$(BIN)/snakemake --lint

bench: $(READY)
	$(BIN)/python -m benchmarks

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra diffusion --group dev --universal \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet -o envs/requirements.lock

clean:
	rm -rf results/demo results/demo-detectron2 .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +
