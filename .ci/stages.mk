# The eight stages of the delivery pipeline (.github/workflows/delivery.yml), each a target that also runs on a developer's machine.
# Included by the Makefile.
STAGE ?= dev
IMAGE ?=
URL ?= http://localhost:8080
CONTEXT ?=
IN_PROCESS := $(addprefix tests/integration/,auth wallet settlement history maintenance ledger gateway migrations)

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: lint-workflows coverage test-integration security synth image deploy destroy cost smoke

lint-workflows: ## stage 1: actionlint over the pipeline (needs Go, as the pipeline's machines have it)
	@command -v go >/dev/null || { echo "Go is needed to run actionlint: https://go.dev/dl/"; exit 1; }
	go run $(ACTIONLINT)

# Interpreted, because compiled lines are not counted; with the tests that run functions and views in their own process beside a real
# PostgreSQL and Valkey, because SQL that nothing has executed is not covered by anything.
coverage: install ## stage 2: unit, property and conformance tests and those of the functions; under 80 % of the lines run is a failure
	@MYCRYPTO_CORE=interpreted $(BIN)/pytest -m "$(MARKS)" tests/unit tests/property tests/conformance $(IN_PROCESS) --cov --cov-report=term

test-integration: install $(PAGES_TOOLS) ## stage 3: tests against real servers, and the whole platform
	@$(BIN)/pytest -m "$(MARKS)" tests/integration tests/e2e tests/browser

security: install ## stage 4: rule packs over every template, and known holes in what is shipped
	@$(BIN)/pytest -m "$(MARKS)" tests/infra
	@npm audit --omit=optional --audit-level=high || echo "(no advisories could be read)"

synth: install ## the templates of STAGE, offline, checked by cdk-nag and cfn-lint
	@$(BIN)/python -m infra.dependencies
	@npx cdk synth --quiet --output build/cdk-$(STAGE) -c stage=$(STAGE) -c nag=1 $(CONTEXT)
	@$(BIN)/cfn-lint build/cdk-$(STAGE)/*.template.json

image: ## stage 5: the container image (needs Docker)
	@command -v docker >/dev/null || { echo "Docker is needed to build the image: https://docs.docker.com/engine/install/"; exit 1; }
	docker build --platform linux/arm64 --file engine_container/Dockerfile --tag mycrypto/trading:$(shell git rev-parse --short=12 HEAD) .

deploy: install ## stages 6 to 8: deploy STAGE to the account of the present credentials (IMAGE=repository:tag)
	@$(BIN)/python -m infra.ready $(STAGE)
	@$(BIN)/python -m infra.dependencies
	npx cdk deploy --all --require-approval never --concurrency 4 --progress events --outputs-file build/outputs-$(STAGE).json \
		-c stage=$(STAGE) $(if $(IMAGE),-c image=$(IMAGE)) $(CONTEXT)
	@$(BIN)/python -m mycrypto_local.web_build
	@$(BIN)/python -m infra.publish $(STAGE)

smoke: install ## what must answer after a deployment (URL=https://...)
	@$(BIN)/python -m infra.smoke $(URL)

destroy: install ## delete stage dev with everything in it
	@$(BIN)/python -m infra.empty $(STAGE)
	npx cdk destroy --all --force -c stage=$(STAGE) $(CONTEXT)

cost: install ## what STAGE costs a month when it is idle
	@$(BIN)/python -m infra.cost --stage $(STAGE)
