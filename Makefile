# Two commands are all a newcomer needs: make run, make test.
GO    ?= go
BIN   := bin/peregrine
export GOFLAGS ?= -buildvcs=false

.PHONY: run build test test-sqlite test-mysql e2e generate migration verify lint race conformance bench attacks clean

run: build ## serve the demo alliance on this machine
	PEREGRINE_DEMO=true $(BIN) serve

build: ## build the binary
	$(GO) build -o $(BIN) ./cmd/peregrine

test: test-sqlite test-mysql ## the whole suite on SQLite, and again on MariaDB

# make lint vets, and once is enough: go test would do it by another measure, and so anew.
test-sqlite:
	PEREGRINE_TEST_MYSQL= $(GO) test -vet=off ./...

# The packages whose tests open a database. The others would only do the same again.
DATABASE = $(shell grep -rlE 'PEREGRINE_TEST_MYSQL|peregrine/internal/testkit"' --include='*_test.go' . | xargs -n 1 dirname | sort -u)

# What passed there is remembered too, because the server comes back at the same
# address; after a change of the server itself, go clean -testcache. A timeout of
# its own tells go test the two runs apart, or each would forget the other's results.
test-mysql: ## on a MariaDB that it starts itself, or on PEREGRINE_TEST_MYSQL
	scripts/with-mariadb $(GO) test -vet=off -timeout=15m $(DATABASE)

e2e: ## the journeys only
	$(GO) test -count=1 ./internal/e2e/...

generate: ## ent and gqlgen from ent/schema and graph/*.graphqls
	$(GO) generate ./ent
	$(GO) tool gqlgen generate

migration: ## make migration NAME=what_changes
	scripts/with-mariadb $(GO) run ./internal/storage/migrations/generate $(NAME)

verify: ## generated code is what the generators make
	scripts/verify

lint: ## vet, staticcheck, formatting, length of lines, modules, known vulnerabilities
	$(GO) vet ./...
	$(GO) tool staticcheck ./bench/... ./cmd/... ./graph/... ./internal/... ./test/...
	@unformatted=$$(gofmt -l $$(scripts/written)); test -z "$$unformatted" || { echo "$$unformatted"; exit 1; }
	scripts/lines
	$(GO) mod verify
	scripts/vulncheck

# What runs at the same time as something else; the race detector needs a C compiler.
CONCURRENT = ./internal/readmodel ./internal/gate ./internal/outbox ./internal/authn/session ./internal/work ./internal/job ./internal/portal

race: ## the race detector on what is concurrent, and on the journeys
	PEREGRINE_TEST_MYSQL= $(GO) test -race -vet=off -short $(CONCURRENT)
	PEREGRINE_TEST_MYSQL= $(GO) test -race -vet=off -run 'Journey|Learner|Rivals|Demo|Discovery|Repeat' ./internal/e2e

conformance: ## output against what others publish; needs PEREGRINE_STANDARDS=FOLDER
	scripts/conformance

bench: ## ratios against the raw-SQL floor
	scripts/with-mariadb $(GO) test -run '^$$' -bench . -benchtime 2s ./bench/...

attacks: ## take the most dangerous defences out of a copy, one at a time: which test notices?
	scripts/with-mariadb sh -c 'cd test/attacks && $(GO) run . ../..'

clean:
	rm -rf bin data
