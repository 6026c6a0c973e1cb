# Every command there is: `make help`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON := .venv/bin/python
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
# Where the tests' PyTorch comes from where this can be reached: PyPI's build for Linux brings gigabytes of CUDA.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu

# The Blender wheels that the add-on is tested in, and the Python that each of them is built for.
BLENDERS := 4.2 4.5 5.0 5.2
# The one that is used where one does: a version of these, or for `make test-gui` the path of a Blender.
BLENDER ?= 4.5
VERSION := $(if $(findstring /,$(BLENDER)),4.5,$(BLENDER))
bpy-4.2 := 4.2.23 3.11
bpy-4.5 := 4.5.15 3.11
bpy-5.0 := 5.0.1 3.11
bpy-5.2 := 5.2.3 3.13
BPY := .venvs/bpy-$(VERSION)
# Not to be removed as a by-product of `make test-bpy-5.0`: it stands for a gigabyte.
.SECONDARY: $(BLENDERS:%=.venvs/bpy-%/.ready)

# Labelled models to measure on.
BENCHMARK := $(or $(PARTGEN_BENCHMARK),../shared/benchmark)

# What a Blender wheel links to, as Debian packages.
SYSTEM_PACKAGES := libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libgl1 libxxf86vm1 libgomp1 libegl1 libgl1-mesa-dri
# What tests start beside it: a backend on another computer is tried through a real sshd.
TEST_PACKAGES := openssh-server openssh-client

# Rebuilt when any file of these changes.
EXTENSION_SOURCES := scripts/build_extension.py scripts/fetch_wheels.py wheels/pins.toml blender_manifest.toml LICENSE \
	backend/pyproject.toml $(shell find partgen_blender backend/partgen -type f -not -path '*/__pycache__/*' 2>/dev/null)

##@ Use
.PHONY: help
help: ## list every command
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-zA-Z%._-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' Makefile

.PHONY: setup
setup: .venv/.setup ## make .venv with the backend: .venv/bin/partgen is ready afterwards

.PHONY: demo
demo: .venv/.setup $(BPY)/.ready dist/partgen_blender.zip ## take a sample apart in headless Blender, into demo/out (MESH=path: your own file)
	@echo "Taking $(if $(MESH),$(MESH),the sample) apart"
	mkdir -p build
	PARTGEN_BACKEND="'$(CURDIR)/.venv/bin/partgen' serve" $(BPY)/bin/python demo/run.py \
		--extension dist/partgen_blender.zip --output demo/out $(if $(MESH),--mesh "$(MESH)") 2>&1 |
		tee build/demo.log | sed -un '/^  /p' || { tail -n 15 build/demo.log; echo "All of it: build/demo.log"; exit 1; }
	$(PYTHON) demo/overview.py demo/out

.PHONY: picture
picture: ## render the README's picture again: docs/elephant.png
	@$(MAKE) --no-print-directory demo MESH=
	$(PYTHON) demo/overview.py demo/out --shrink docs/elephant.png

.PHONY: pictures
pictures: picture test-gui ## take all pictures of the documents again
	@$(PYTHON) tests/gui/pictures.py build/gui/sid docs
	.venv/bin/partgen shapes sheet docs/shapes.jpg --size 108 --columns 5 --seeds 3

##@ Build
.PHONY: build
build: dist/partgen_blender.zip ## build the extension for this machine: dist/partgen_blender.zip

.PHONY: build-store
build-store: dist/partgen_blender-store.zip ## build the extension without the installer: dist/partgen_blender-store.zip

.PHONY: build-all
build-all: .venv/.build $(BPY)/.ready ## build every zip there is: the full one for each platform, and the one for the store
	@$(PYTHON) scripts/build_extension.py $(BPY) all

.PHONY: bundle
bundle: .venv/.dev ## a folder to set up from without a network, in build/bundle (OPTIONS="--tier ai --platform windows-x64")
	@$(PYTHON) scripts/make_bundle.py build/bundle $(OPTIONS)

.PHONY: lock
lock: .venv/.dev ## lock what an environment installs, with hashes (UPGRADE=1: the newest versions)
	@$(PYTHON) scripts/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: wheels
wheels: .venv/.python ## fetch the installer that the extension bundles, for every platform, into wheels/
	@$(PYTHON) scripts/fetch_wheels.py all

##@ Check
.PHONY: test
test: test-unit test-bpy-$(VERSION) ## the quick suite: backend, and the add-on in one Blender (BLENDER=4.5)

.PHONY: test-unit
test-unit: .venv/.dev ## tests without Blender
	@$(PYTHON) -m pytest tests/unit

.PHONY: test-bpy-%
test-bpy-%: .venv/.setup .venvs/bpy-%/.ready dist/partgen_blender.zip ## tests of the built extension in Blender 4.2, 4.5, 5.0 or 5.2
	@echo "== the add-on in Blender $*"
	.venvs/bpy-$*/bin/python -m pytest tests/bpy

.PHONY: test-setup
test-setup: .venv/.dev dist/partgen_blender.zip ## the real installer makes real environments, with what pip is set to
	@$(PYTHON) -m pytest tests/setup

.PHONY: test-all
test-all: test test-setup test-other-blenders ## everything: backend, set-up, and the add-on in every Blender whose Python can be had

.PHONY: test-other-blenders
test-other-blenders: ## the add-on in every Blender but the one of `make test`
	@failed=
	for version in $(filter-out $(VERSION),$(BLENDERS)); do
		if $(MAKE) --no-print-directory .venvs/bpy-$$version/.ready; then
			$(MAKE) --no-print-directory test-bpy-$$version || failed="$$failed $$version"
		else
			echo "!! SKIPPED: Blender $$version is not tested, because its environment could not be made (see above) !!"
		fi
	done
	if [ -n "$$failed" ]; then echo "Failed in Blender:$$failed"; exit 1; fi

.PHONY: test-gui
test-gui: .venv/.setup dist/partgen_blender.zip build/gui-bundle/bundle.json ## an artist's first hour in a real window, into build/gui (BLENDER=path: your own; GUI=sid: Debian's newest alone)
	@PARTGEN_BUNDLE=build/gui-bundle BLENDER=$(if $(findstring /,$(BLENDER)),$(BLENDER)) bash tests/gui/run.sh build/gui $(GUI)

.PHONY: check-store
check-store: dist/partgen_blender-store.zip ## read the store's zip for the rules of the extension platform
	@$(PYTHON) scripts/check_store.py dist/partgen_blender-store.zip

.PHONY: lint
lint: .venv/.dev ## style, types, and which package may import which
	@$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports

.PHONY: bench
bench: bench-segmentation bench-slider ## segmentation quality on a sample, and the cost of moving the slider at 1M faces

.PHONY: bench-segmentation
bench-segmentation: .venv/.dev ## segmentation quality on a sample of the benchmark, and all its messy models (PARTGEN_BENCHMARK=folder)
	@$(PYTHON) -m pytest -s tests/benchmark

.PHONY: bench-methods
bench-methods: .venv/.dev ## every segmentation method on all labelled objects, into build/bench; goes on where it stopped (LIMIT=6)
	@echo "$$(date +%F), commit $$(git rev-parse --short HEAD)"
	.venv/bin/partgen bench segmentation --data $(BENCHMARK) --method all $(LIMIT:%=--limit %) \
		--results build/bench/segmentation.jsonl --gallery build/bench/gallery

.PHONY: bench-robustness
bench-robustness: .venv/.dev ## what turning, scaling, noise and remeshing change in the parts (LIMIT=4, METHOD=auto)
	@echo "$$(date +%F), commit $$(git rev-parse --short HEAD)"
	.venv/bin/partgen bench robustness --data $(BENCHMARK) --method $(or $(METHOD),auto) --limit $(or $(LIMIT),4) \
		--results build/bench/robustness.jsonl

.PHONY: gallery
gallery: .venv/.dev ## draw what the methods answer beside the true parts, of objects in the public domain: docs/gallery
	@.venv/bin/partgen bench segmentation --data $(BENCHMARK) --method all --sets pmndrs,kenney,remeshed --objects 'pmndrs_*,kenney_*' \
		--limit 5 --gallery-objects 5 --results build/bench/gallery.jsonl --gallery build/bench/public
	mkdir -p docs/gallery
	cp build/bench/public/*.png docs/gallery/

.PHONY: gallery-edits
gallery-edits: .venv/.dev $(BPY)/.ready dist/partgen_blender.zip ## draw edits by prompts on objects in the public domain: docs/gallery/edits.jpg
	@rm -rf build/edits
	$(BPY)/bin/python scripts/draw_edits.py dist/partgen_blender.zip $(BENCHMARK) build/edits --partgen .venv/bin/partgen 2>&1 | sed -un '/^  /p'
	$(PYTHON) scripts/edits_sheet.py build/edits docs/gallery/edits.jpg

.PHONY: gallery-parts
gallery-parts: .venv/.dev ## draw parts replaced by words: docs/gallery/parts.jpg, and drawn.jpg by the model that draws
	$(PYTHON) scripts/draw_new_parts.py docs/gallery/parts.jpg --benchmark $(BENCHMARK)
	$(PYTHON) scripts/draw_new_parts.py docs/gallery/drawn.jpg --benchmark $(BENCHMARK) --model shaper

.PHONY: bench-features
bench-features: .venv/.dev ## what PartField's features and the tree from them cost, and how good they are (LIMIT=4)
	@echo "$$(date +%F), commit $$(git rev-parse --short HEAD)"
	.venv/bin/partgen bench features --data $(BENCHMARK) --limit $(or $(LIMIT),4)

.PHONY: bench-slider
bench-slider: $(BPY)/.ready dist/partgen_blender.zip ## milliseconds for one move of the scale slider at 1M faces
	@$(BPY)/bin/python tests/bpy/benchmark_slider.py dist/partgen_blender.zip

.PHONY: bench-explore
bench-explore: $(BPY)/.ready dist/partgen_blender.zip ## milliseconds for one hover of Explore at 1M faces
	@$(BPY)/bin/python tests/bpy/benchmark_explore.py dist/partgen_blender.zip

.PHONY: bench-refine
bench-refine: $(BPY)/.ready dist/partgen_blender.zip ## milliseconds for clicks, edits of the tree and better borders at 200k faces
	@$(BPY)/bin/python tests/bpy/benchmark_refine.py dist/partgen_blender.zip

.PHONY: bench-pick
bench-pick: $(BPY)/.ready dist/partgen_blender.zip ## milliseconds for one hover, turn of the wheel and click of Pick Part at 1M faces
	@$(BPY)/bin/python tests/bpy/benchmark_pick.py dist/partgen_blender.zip

##@ Environments
.PHONY: system-packages
system-packages: ## install the libraries that Blender links to, and what tests start (Debian, root)
	@apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES) $(TEST_PACKAGES) >/dev/null

.PHONY: clean
clean: ## remove what was built and rendered (environments stay)
	@rm -rf dist build demo/out .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find backend partgen_blender tests scripts demo -name __pycache__ -prune -exec rm -rf {} +

.PHONY: clean-all
clean-all: clean ## remove the environments too
	@rm -rf .venv .venvs

.venv/.python:
	@scripts/make_venv.sh .venv 3.11 3.12 3.13
	touch $@

.venv/.setup: .venv/.python backend/pyproject.toml
	@echo "Installing the backend in .venv"
	PYTHONWARNINGS=ignore $(PYTHON) $(PIP_INSTALL) -e 'backend[geometry]'
	touch $@

.venv/.dev: .venv/.setup
	@echo "Installing what the tests need in .venv"
	$(PYTHON) $(PIP_INSTALL) --quiet --retries 0 $(TORCH_INDEX:%=--extra-index-url %) "$$(grep -o 'torch==[0-9.]*' backend/pyproject.toml)"
	PYTHONWARNINGS=ignore $(PYTHON) $(PIP_INSTALL) -e 'backend[geometry,ai,dev]'
	touch $@

.venv/.build: .venv/.python
	@$(PYTHON) $(PIP_INSTALL) 'setuptools>=77'
	touch $@

.venvs/bpy-%/.ready:
	@read -r version python <<< "$(bpy-$*)"
	[ -n "$$version" ] || { echo "No Blender $*: choose one of $(BLENDERS)."; exit 1; }
	scripts/make_venv.sh .venvs/bpy-$* $$python
	echo "Installing Blender $$version in .venvs/bpy-$* (1 GB)"
	.venvs/bpy-$*/bin/python $(PIP_INSTALL) bpy==$$version pytest hypothesis
	scripts/check_blender_libraries.sh .venvs/bpy-$* $(SYSTEM_PACKAGES)
	.venvs/bpy-$*/bin/python -c 'import bpy' > /dev/null
	touch $@

# What the set-up in a real window installs from: for this machine and the Python of .venv.
build/gui-bundle/bundle.json: .venv/.dev scripts/make_bundle.py wheels/pins.toml $(wildcard backend/partgen/environment/locks/*)
	@$(PYTHON) scripts/make_bundle.py $(@D) --python $$($(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')

# Links to zips whose names tell version and platform, so that nothing has to guess which one is meant.
dist/partgen_blender.zip: .venv/.build $(BPY)/.ready $(EXTENSION_SOURCES)
	@$(PYTHON) scripts/build_extension.py $(BPY)

dist/partgen_blender-store.zip: .venv/.build $(BPY)/.ready $(EXTENSION_SOURCES)
	@$(PYTHON) scripts/build_extension.py $(BPY) store
