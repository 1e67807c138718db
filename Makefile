PORT ?= 8000
export PORT
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test check format lock messages screens verify verify-a11y verify-load verify-demo verify-field verify-engines verify-reports bench

help:  ## this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):[^#]*## */  make \1\t/' | expand -t 21

setup:  ## make .venv with everything (seconds when nothing changed)
	@scripts/setup

run: setup  ## serve http://127.0.0.1:8000 with the demo (PORT= for another port)
	@scripts/run

test: setup  ## run the tests, on SQLite and PostgreSQL, with a browser (TESTS= for some of them)
	@scripts/test-deps
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(TESTS)

check: setup  ## lint, format, types, migrations, texts
	@scripts/check

format: setup  ## rewrite the sources as ruff wants them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: setup  ## resolve the dependencies of pyproject.toml again
	@scripts/lock

messages: setup  ## write the sentences of the screens to civic/locale/civic.pot
	@scripts/messages

screens: setup  ## take pictures of every page into docs/screens (ARGS=--dark for the dark theme)
	@scripts/test-deps
	$(BIN)/python scripts/screens.py $(ARGS)

verify: verify-a11y verify-load verify-demo verify-field verify-engines verify-reports  ## the long matrices

verify-a11y: setup  ## every page on each screen and in each theme
	@scripts/test-deps
	$(BIN)/python -m pytest -n 2 -m verify tests/e2e/test_accessibility.py tests/e2e/test_narrow.py tests/e2e/test_planning_week.py

verify-load: setup  ## hundreds at once through several servers, servers killed, long random sequences
	@scripts/test-deps
	$(BIN)/python -m pytest -m verify tests/verify/test_load.py tests/e2e/test_load.py tests/e2e/test_two_servers.py tests/bookings/test_stateful.py

verify-demo: setup  ## the demo on more days of the year
	@scripts/test-deps
	$(BIN)/python -m pytest -m verify tests/demo

verify-field: setup  ## the phone with its network cut at every step, killed, shared, full, late
	@scripts/test-deps
	$(BIN)/python -m pytest -m verify tests/e2e/test_offline_cuts.py tests/e2e/test_offline_faults.py tests/e2e/test_offline_lease.py

verify-engines: setup  ## what make test asks SQLite alone, asked of PostgreSQL
	@scripts/test-deps
	$(BIN)/python -m pytest -n 2 -m verify -k postgres --ignore tests/e2e --ignore tests/verify --ignore tests/demo tests

verify-reports: setup  ## the workbook of a report opened by LibreOffice
	@scripts/test-deps office
	$(BIN)/python -m pytest -m verify -k sqlite tests/reports/test_office.py

bench: setup  ## measure the claims
	@$(BIN)/python -m bench
