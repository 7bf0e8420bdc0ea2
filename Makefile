# Everything a newcomer needs. `make help` lists it.
GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -X main.version=$(VERSION)
# TOOL runs a tool at the version that scripts/tools has of it.
TOOL     = $(GO) tool -modfile=scripts/tools/$(1).mod $(1)

# Paths of this machine are in no binary, and what one clone has compiled serves the next.
export GOFLAGS := $(strip $(GOFLAGS) -trimpath)

.DEFAULT_GOAL := help

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing on this machine
	@scripts/setup

generate: setup ## build the client bundle into web/dist and the table of settings into docs
	@$(GO) run ./scripts/bundle
	@$(GO) run ./cmd/askwell settings --write docs/configuration.md

build: generate ## build bin/askwell
	@$(GO) build -ldflags "$(LDFLAGS)" -o bin/askwell ./cmd/askwell

run: build ## start a desk with demo data at http://localhost:8080 (ARGS="--listen :9000")
	@bin/askwell up $(ARGS)

# WALKED are packages whose tests are a browser's work, other processes', one loop's or arithmetic: the race detector costs them most and finds least there.
TEST    := $(GO) test -vet=off -shuffle=on -timeout 30m -p $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
WALKED  := /cmd/askwell$$|/internal/(report|seed|survival)$$|/scripts/bundle$$|/web/(console|portal|public|reports|thread)$$

test: ready ## run every test on a real PostgreSQL, Redis and browser, all but browsers and figures with the race detector
	$(TEST) $$($(GO) list ./... | grep -E '$(WALKED)')
	$(TEST) -race $$($(GO) list ./... | grep -Ev '$(WALKED)')

race: ready ## run every test with the race detector, which takes half as long again
	$(TEST) -race ./...

ready:
	@echo "search server of the tests: $(or $(MEILISEARCH_BIN),built-in)"
	@scripts/setup test
	@$(GO) run ./scripts/bundle
	$(GO) vet ./...

conformance: ## ask the in-process search server, and Meilisearch at MEILI_URL (master key MEILI_KEY), the same questions
	@scripts/setup test
	$(GO) test -count 1 ./internal/search/conformance
	$(GO) test -count 1 -run TestConformance ./internal/search

faults: build ## kill, stall, fill and cut everything for ten minutes, and count what was acknowledged (FAULTS_FOR=1h FAULTS_SEED=7)
	@scripts/setup test
	FAULTS_FOR=$(or $(FAULTS_FOR),10m) FAULTS_SEED=$(FAULTS_SEED) $(GO) test -count 1 -v -timeout 24h -run TestLedger ./cmd/askwell

surroundings: build ## run Askwell between real proxies and browsers, mail servers, a scanner, a pooler, a replica and Sentinel, set up as docs/ says (ARGS="-run Nginx")
	@scripts/setup surroundings
	@mkdir -p bin/surroundings
	SCREENSHOTS=$(CURDIR)/bin/surroundings $(GO) test -tags surroundings -vet=off -count 1 -v -timeout 60m -run 'Surroundings' $(ARGS) ./cmd/askwell

bench: build ## measure intake, linking, lists, search, reports, floods and what answers give away
	@scripts/setup test
	@$(GO) run ./scripts/bench $(ARGS)

screenshots: build ## take pictures of every page into bin/screenshots
	@scripts/setup test
	@mkdir -p bin/screenshots
	@SCREENSHOTS=$(CURDIR)/bin/screenshots $(GO) test -tags screenshots -run TestScreenshots -count 1 ./cmd/askwell

lint: ## check style, import rules and workflows
	$(GO) vet -tags surroundings ./cmd/askwell
	$(call TOOL,golangci-lint) run ./...
	$(call TOOL,actionlint)

vuln: ## look for known vulnerabilities (needs the vulnerability database)
	$(call TOOL,govulncheck) ./...

clean: ## remove what was built
	rm -rf bin node_modules web/dist/*

.PHONY: help setup generate build run test race ready conformance faults surroundings bench screenshots lint vuln clean
