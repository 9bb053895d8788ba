# Comptoir: `make run` starts it all, `make test` proves it. Nothing to prepare by hand.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run test check format gallery bench lock programs
help:            ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/.run: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory system PACKAGES=python3-venv
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

run: $(VENV)/.run  ## start everything on this machine, with the sandbox
	$(BIN)/python -m storage upgrade
	exec $(BIN)/python -m bot sandbox

# What tests run beside the desk: browsers, with pictures and without, and the mail servers of the world outside.
programs:
	@missing=; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	test -x /usr/sbin/postfix || missing="$$missing postfix"; \
	test -x /usr/lib/dovecot/imap || missing="$$missing dovecot-imapd"; \
	test -x /usr/bin/strace || missing="$$missing strace"; \
	command -v lynx >/dev/null || missing="$$missing lynx"; \
	test -z "$$missing" || $(MAKE) --no-print-directory system PACKAGES="$$missing"

test: $(VENV)/.dev programs  ## run the tests, on all cores
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

check: $(VENV)/.dev  ## format, lint, types, import contracts, tests: all of CI
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory test

format: $(VENV)/.dev  ## put the code in shape
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

gallery: $(VENV)/.dev  ## render every notice and page into gallery/
	$(BIN)/python -m bot gallery gallery

lock:            ## pin every dependency with its hashes
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --generate-hashes --no-header -o requirements.txt pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --no-emit-index-url --generate-hashes --no-header --extra dev -c requirements.txt -o requirements-dev.txt pyproject.toml

.PHONY: system
system:
	@test "$$(id -u)" = 0 && sudo= || sudo=sudo; \
	command -v apt-get >/dev/null || { echo "please install: $(PACKAGES)"; exit 1; }; \
	$$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(PACKAGES) >/dev/null
