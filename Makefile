# Every target prints one line about each thing it does. `make test` is all
# that continuous integration runs; `make long` is what takes longer.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

# The versions in go.mod are the ones that are used: nothing is looked up anew.
export GOFLAGS := -mod=readonly
export GOTOOLCHAIN := local

STEP := test/ci/step.sh
FUZZ_SECONDS ?= 60
LONG_FUZZ_SECONDS ?= 1800
LONG_KILL_ROUNDS ?= 200
LONG_HARVEST_DATASETS ?= 50000
BENCH_COUNT ?= 6

.PHONY: help demo test check gen web e2e conformance shacl python portals clients bench build long machine format generated vet staticcheck fuzz pure race clean

help: ## list the targets
	@grep -hE '^[a-z0-9]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9]+):.*## (.*)/  make \1\t\2/' | expand -t 24

demo: ## start the synthetic city: map, API, MQTT
	@go run ./cmd/beffroi demo

test: machine format generated vet staticcheck web fuzz pure shacl python portals clients e2e race ## everything that continuous integration runs

check: format generated vet staticcheck ## the quick part: format, vet, staticcheck, generated files, unit tests with the race detector
	@$(STEP) "unit tests, race detector, shuffled, without the long ones" go test -short -race -shuffle=on ./...

machine:
	@$(STEP) "tools of this machine" test/ci/machine.sh

format:
	@$(STEP) "gofmt" test/ci/format.sh

gen: ## write the generated files anew
	@go run ./internal/tools/gen
	@go generate ./...

generated:
	@$(STEP) "generated files are up to date" test/ci/generated.sh

vet:
	@$(STEP) "go vet" go vet ./...

staticcheck:
	@$(STEP) "staticcheck" go tool staticcheck ./...

web: ## type check, unit tests and rebuild of the page
	@$(STEP) "page: types, unit tests, rebuild equals web/dist" test/ci/web.sh

fuzz:
	@$(STEP) "fuzzing, $(FUZZ_SECONDS) s shared by all targets" test/ci/fuzz.sh $(FUZZ_SECONDS)

pure:
	@CGO_ENABLED=0 $(STEP) "short tests without cgo" go test -short ./...

shacl: ## validate the catalogue against the DCAT-AP shapes
	@$(STEP) "catalogue against the DCAT-AP shapes" test/ci/npmsuite.sh test/shacl test

python:
	@$(STEP) "checks with independent Python tools" test/ci/python.sh

portals: ## the software of data.gouv.fr and of CKAN portals harvests the demo city
	@$(STEP) "portals harvest the demo city" test/ci/portals.sh

clients: ## an NGSI-LD client for JavaScript, unmodified, against a server that runs
	@$(STEP) "ngsijs against a server" test/ci/npmsuite.sh test/clients test

conformance: ## standards, clause by clause (part of the Go tests)
	@$(STEP) "conformance suites" test/ci/conformance.sh

e2e: ## the page in a real browser
	@$(STEP) "the page in a browser" test/ci/npmsuite.sh test/e2e e2e

# Last, so that the closing lines of a run are the test runner's own.
race:
	@$(STEP) "all Go tests, race detector, shuffled" go test -race -shuffle=on -timeout 12m ./...

bench: ## measure; figures go to test/bench/out, compare with benchstat
	@$(STEP) "benchmarks, $(BENCH_COUNT) times" test/ci/bench.sh $(BENCH_COUNT)

build: ## static binaries for amd64 and arm64 in bin/
	@for arch in amd64 arm64; do \
		CGO_ENABLED=0 GOOS=linux GOARCH=$$arch $(STEP) "bin/beffroi-linux-$$arch" \
			go build -trimpath -ldflags '-s -w' -o bin/beffroi-linux-$$arch ./cmd/beffroi; \
	done

long: machine ## what takes longer: fuzzing, 200 kill rounds, a harvest of 50,000 datasets, benchmarks; keep the figures in docs/
	@$(STEP) "fuzzing, $(LONG_FUZZ_SECONDS) s shared by all targets" test/ci/fuzz.sh $(LONG_FUZZ_SECONDS)
	@BEFFROI_KILL_ROUNDS=$(LONG_KILL_ROUNDS) $(STEP) "$(LONG_KILL_ROUNDS) kill rounds" go test -count=1 -v -timeout 2h ./test/kill
	@BEFFROI_HARVEST_DATASETS=$(LONG_HARVEST_DATASETS) $(STEP) "a harvest of $(LONG_HARVEST_DATASETS) datasets, killed in the middle" go test -count=1 -v -timeout 1h ./test/harvest
	@$(MAKE) --no-print-directory bench

clean: ## remove what builds and tests leave behind
	@rm -rf bin .venv test/bench/out test/e2e/out web/node_modules test/*/node_modules
