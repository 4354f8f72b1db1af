# Two commands matter: `make run` opens the application, `make test` checks everything. Both install what is missing.

.PHONY: run test soak walks screenshots e2e bench bench-search bench-external speed endurance help

help: ## Say what there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 24

run: ## Open the application with a sample project (without a display: train it in the terminal)
	@scripts/run.sh

test: ## Format, lint, Rust tests, UI checks and tests, and the real window under Xvfb
	@scripts/test.sh

soak: ## Kill a real process a dozen times in each phase of a run and compare what it comes to
	@scripts/test.sh soak

bench-search: ## What the search and each of its parts are worth, on simulated tasks and the samples (WHAT=ablation, parts or samples, SEEDS=n, FIRST=n)
	@cargo bench -p mlprompt-core --bench search -- $(WHAT)

bench-external: ## Train against a running simulator of models (URL=, DATA=; scripts/bench-external.sh says more)
	@scripts/bench-external.sh "$(URL)" "$(DATA)" $(OPTIONS)

e2e: ## Only the tests in the real window
	@scripts/test.sh e2e

walks: ## The long walks through Prompts, Train and Compare in the real window
	@scripts/test.sh walks

screenshots: ## Pictures of every screen, in every theme and size, into screenshots/
	@scripts/screenshots.sh

speed: ## How fast the real window starts, opens a large project, answers the pointer and takes typing
	@scripts/speed.sh

endurance: ## A live run of 500 results a second: is the window responsive, is memory flat? MLPROMPT_LIVE_SECONDS=3600 for an hour
	@scripts/speed.sh endurance::

bench: ## Speed and memory against a server in the same run, the import against sqlite3 and pandas, then micro-benchmarks
	@scripts/bench.sh
