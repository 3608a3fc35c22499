# `make demo` and `make test` set everything up on first use, in .venv, and start at once after that. `make help` lists all.
PYTHON ?= python3
VENV := .venv
BASE := $(VENV)/.base
READY := $(VENV)/.ready
STANCE := $(VENV)/bin/stance
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

CORPORA ?= ../shared/corpora
TEHRAN_TIMES ?= $(CORPORA)/tehran-times
ARTICLES ?= $(TEHRAN_TIMES)/articles.jsonl.gz
SEEDS := seeds/militancy

.PHONY: help demo test check docs model benchmark test-oldest lock sbom audit clean
.DEFAULT_GOAL := demo

help:  ## every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  CORPORA=DIR  the folder of the corpora, for model and benchmark"
	@echo "  MODEL=NAME   default or accurate, for model"

demo: $(BASE)  ## classify an article of ours
	@$(STANCE) classify $(SEEDS)/article.txt --format text

test: $(READY)  ## run the tests
	@$(VENV)/bin/python -m pytest -n 2 --dist worksteal

check: $(READY)  ## style and types
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy

docs: $(READY)  ## the documentation as a site, in build/site
	@$(VENV)/bin/zensical build --strict

MORE := build/tehran-times-more.jsonl
OUTLETS := build/outlets-train.jsonl
OUTLETS_DEV := build/outlets-dev.jsonl

MODEL ?= default
ENCODER := $(if $(filter accurate,$(MODEL)),build/all-mpnet-base-v2)

model: $(READY) $(MORE) $(OUTLETS) $(OUTLETS_DEV) $(ENCODER)  ## train a model that ships; goes on where it was killed
	$(STANCE) train --labeler transformer --config training/$(MODEL).yaml --output models/$(MODEL) \
		--data tt=$(TEHRAN_TIMES)/train.jsonl --data mtsc=$(CORPORA)/newsmtsc/train.jsonl \
		--data dse=$(CORPORA)/dse/train.jsonl --dev $(TEHRAN_TIMES)/dev.jsonl --dev $(CORPORA)/newsmtsc/dev.jsonl \
		--dev $(CORPORA)/dse/dev.jsonl --dev $(SEEDS)/dev.jsonl --dev $(OUTLETS_DEV) --dev seeds/events/dev.jsonl

benchmark: $(READY) $(MORE) $(OUTLETS_DEV)  ## the figures of README.md and benchmarks/README.md
	$(VENV)/bin/python benchmarks/table.py --corpora $(CORPORA) --outlets $(OUTLETS_DEV) --retrain --seeds 3 $(foreach encoder,$(ENCODERS),--encoder $(encoder))
	$(VENV)/bin/python benchmarks/trust.py $(TEHRAN_TIMES)/dev.jsonl $(SEEDS)/dev.jsonl \
		--others $(TEHRAN_TIMES)/train.jsonl $(CORPORA)/newsmtsc/train.jsonl $(CORPORA)/dse/train.jsonl
	$(VENV)/bin/python benchmarks/baselines.py --train $(TEHRAN_TIMES)/train.jsonl --dev $(TEHRAN_TIMES)/dev.jsonl
	$(VENV)/bin/python benchmarks/matcher.py $(TEHRAN_TIMES)/dev.jsonl $(SEEDS)/dev.jsonl
	$(VENV)/bin/python benchmarks/bulk.py $(ARTICLES)

$(MORE): $(READY) seeds/tehran-times/labels.jsonl training/attach_texts.py
	$(VENV)/bin/python training/attach_texts.py seeds/tehran-times/labels.jsonl --articles $(ARTICLES) --output $(MORE)

build/outlets-%.jsonl: $(READY) seeds/outlets/%.jsonl training/attach_texts.py
	$(VENV)/bin/python training/attach_texts.py seeds/outlets/$*.jsonl --articles $(CORPORA)/outlets/pool.jsonl --output $@

build/all-mpnet-base-v2: $(READY) training/encoders.py
	$(VENV)/bin/python training/encoders.py $@

test-oldest:  ## run the tests with the oldest versions that pyproject.toml allows
	$(PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints-oldest.txt \
		--editable '.[html,notebook,train,word]' hypothesis nltk pytest pytest-xdist statsmodels
	build/oldest/bin/python -m pytest -n 2 --dist worksteal -W default

lock: $(BASE)  ## the exact versions, with hashes, of what labelling needs
	@$(PIP) uv
	echo '# What labelling needs, and what builds the package: exact versions with the hashes of their files. Made by `make lock`.' > requirements.txt
	$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
		--constraint constraints.txt pyproject.toml requirements-build.in >> requirements.txt

sbom: $(BASE)  ## a bill of materials of what is installed, CycloneDX
	@$(PIP) cyclonedx-bom
	mkdir -p build
	$(VENV)/bin/cyclonedx-py environment $(VENV) --pyproject pyproject.toml --output-file build/sbom.json

audit: $(BASE)  ## known holes in what labelling needs; asks a database on the network
	@$(PIP) pip-audit
	$(VENV)/bin/pip-audit --disable-pip --require-hashes --requirement requirements.txt

clean:  ## remove .venv and build
	rm -rf $(VENV) build

$(BASE): pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("stance needs Python 3.11 or later" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up in $(VENV), once ..." >&2
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --require-hashes --requirement requirements.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(BASE)

$(READY): $(BASE) constraints.txt
	@echo "Adding what training and the tests need, once ..." >&2
	@$(PIP) --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)
