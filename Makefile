SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules --no-print-directory

TOOL := go tool -modfile=tools/go.mod
BUF  := $(TOOL) buf

# The state of the contract that a change is compared with: where it left the
# main branch of the origin; on that branch itself, the commit before.
BASE ?= $(shell base=$$(git merge-base origin/main HEAD 2>/dev/null || git rev-parse HEAD); \
	if [ "$$base" = "$$(git rev-parse HEAD)" ]; then git rev-parse --verify --quiet HEAD^ || git rev-parse HEAD; else echo "$$base"; fi)

# More words for `make load`.
ARGS ?=

# The upstream's Swagger document, for `make sync`.
DOC ?= ../shared/facts/users-api.swagger.json

.PHONY: help
help: ## Describe the targets
	@grep -hE '^[a-z-]+:.*?## ' $(MAKEFILE_LIST) | awk 'BEGIN {FS = ":.*?## "}; {printf "  make %-10s %s\n", $$1, $$2}'

.PHONY: run
run: ## Run the server with the embedded sandbox
	go run ./cmd/server

.PHONY: test
test: check lint breaking unit fuzz ## Everything that CI checks

.PHONY: unit
unit: ## Build and run all tests under the race detector, the end-to-end ones too
	go build ./...
	go test -race -count=1 -timeout 30m ./... # not from the cache, which does not see the binary under test
	go test -tags purego ./internal/transcode # as on machines without assembly
	go test -C test/load ./...
	$(MAKE) load ARGS='-rounds 1 -turn 20ms'
	go test -C test/docs -count=1 ./...
	go test -C tools ./protosync/...
	go test -C deploy/k8s/test ./...

.PHONY: fuzz
fuzz: ## Fuzz the parsers for a short while
	@# A number of runs, not of seconds: at the end of its time go test may report
	@# that as a failure.
	go test -run '^$$' -fuzz '^FuzzFromJSON$$' -fuzztime 30000x ./internal/transcode
	go test -run '^$$' -fuzz '^FuzzToJSON$$' -fuzztime 30000x ./internal/transcode
	go test -run '^$$' -fuzz '^FuzzSettingsFile$$' -fuzztime 5000x ./internal/config
	go test -run '^$$' -fuzz '^FuzzBearer$$' -fuzztime 20000x ./internal/backend
	go test -run '^$$' -fuzz '^FuzzRequestTarget$$' -fuzztime 20000x ./internal/backend
	go test -run '^$$' -fuzz '^FuzzCompressedAnswer$$' -fuzztime 5000x ./internal/backend
	go test -run '^$$' -fuzz '^FuzzFrames$$' -fuzztime 20000x ./internal/conns
	go test -run '^$$' -fuzz '^FuzzOutside$$' -fuzztime 20000x ./internal/operation
	go test -run '^$$' -fuzz '^FuzzUpstreamErrorsStaySmall$$' -fuzztime 2000x ./internal/engine
	go test -run '^$$' -fuzz '^FuzzSentences$$' -fuzztime 20000x ./internal/engine

.PHONY: generate
generate: ## Regenerate gen/ from proto/, and third_party/ from go.mod
	go run ./internal/protodeps third_party/proto
	$(BUF) generate
	go run ./internal/gatewaylist >services.go && mv services.go gen/gateway/genesyscloud/users/v1/
	mkdir -p gen/openapi
	$(BUF) build --as-file-descriptor-set -o - | go run ./internal/openapi docs/errors.md >openapi.json && mv openapi.json gen/openapi/

.PHONY: sync
sync: ## Follow the upstream's document DOC in proto/
	go run -C tools ./protosync -doc $(abspath $(DOC)) -proto $(CURDIR)/proto

.PHONY: check
check: generate ## Fail if anything generated is stale
	@git add --intent-to-add gen third_party
	@git diff --exit-code --stat -- gen third_party || { echo "gen/ or third_party/ is stale: run 'make generate' and commit the result"; exit 1; }

.PHONY: lint
lint: ## Lint protobuf and Go
	$(BUF) format --diff --exit-code proto
	$(BUF) lint
	@! grep -rnE 'UNDESCRIBED:|UNDECIDED:' proto || { echo "describe what is new in the contract, and decide what is open"; exit 1; }
	go vet ./...
	$(TOOL) golangci-lint run

.PHONY: breaking
breaking: ## Compare the contract with the one at BASE
	@rm -rf .proto_base && mkdir .proto_base
	git archive $(BASE) proto | tar -x -C .proto_base
	cp buf.yaml .proto_base
	ln -s ../third_party .proto_base/third_party
	$(BUF) breaking --against .proto_base
	@rm -rf .proto_base

.PHONY: bench
bench: ## Run the benchmarks
	go test -run '^$$' -bench . -benchmem ./...

.PHONY: load
load: ## Measure CPU time per call beside other facades (ARGS=-memory for memory)
	go run -C test/load . $(ARGS)

.PHONY: image
image: ## Build the container image as an OCI layout in dist/image, without a daemon
	deploy/ko/build.sh
