# What one does with Spanloom. `make` alone lists it.

CARGO ?= cargo
NPM ?= npm
TARGET_DIR = $(or $(CARGO_TARGET_DIR),target)
# A simulated mesh that sends to the server; `make run DEMO=` serves without one.
DEMO ?= 1
# Where the data are; by default ./data/demo with the simulated mesh and ./data without.
DATA_DIR ?=
# Not optimised: that is built soonest, and shared with `make test`. See "Building" in README.md.
RUN_PROFILE ?= dev
RUN_BINARY = $(TARGET_DIR)/$(if $(filter dev,$(RUN_PROFILE)),debug,$(RUN_PROFILE))/spanloom

.PHONY: help run build ui api test bench fmt lint

help: ## List the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1 \t/p' $(MAKEFILE_LIST) | expand -t 16

run: ui ## Build UI and binary, and serve on http://localhost:4300, with a simulated mesh
	$(CARGO) build --profile $(RUN_PROFILE)
	@echo "Spanloom: open http://localhost:4300 and send OTLP to localhost:4317 (gRPC) or localhost:4318 (HTTP)"
	exec $(RUN_BINARY) serve $(if $(DEMO),--demo) $(if $(DATA_DIR),--data-dir $(DATA_DIR))

build: ui ## Build UI and release binary (target/release/spanloom)
	$(CARGO) build --release

ui: ui/node_modules/.installed
	cd ui && $(NPM) run build

ui/node_modules/.installed: ui/package.json ui/package-lock.json
	cd ui && $(NPM) ci --no-audit --no-fund
	@touch $@

api: ui/node_modules/.installed ## Renew the UI's API client after a change of the API
	$(CARGO) run --quiet -- openapi > ui/openapi.json.next && mv ui/openapi.json.next ui/openapi.json
	cd ui && $(NPM) run gen:api

test: ## Run everything that CI runs; the last line is "N passed, N failed"
	scripts/test.sh

bench: ## Measure what the server spends on a million spans, and how fast the UI is
	scripts/bench.sh

fmt: ui/node_modules/.installed ## Format Rust and TypeScript
	$(CARGO) fmt --all
	cd ui && $(NPM) run format

lint: ui/node_modules/.installed ## Check formats, lints and types
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	cd ui && $(NPM) run lint && $(NPM) run typecheck
