#!/usr/bin/env bash
# Measures `mlprompt-cli eval` against a server in the same run (ratios), the import against `sqlite3 .import` and pandas, then what is
# done for every example (criterion). Worth something on a quiet machine only. A name in quotes measures one scenario, `import` and
# `micro` the other parts alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"
unset RUSTC_WORKSPACE_WRAPPER

need cargo "Rust (rustup)"
if [ "${1:-}" != micro ]; then
  cargo build --release --package mlprompt-cli
fi
if [ $# -eq 0 ] || [ "$1" = import ]; then
  install_packages sqlite3 python3 python3-venv
  pandas=target/bench/pandas
  if [ ! -x "$pandas/bin/python3" ] || ! "$pandas/bin/python3" -c "import pandas" 2>/dev/null; then
    say "Installing pandas into $pandas"
    python3 -m venv "$pandas"
    "$pandas/bin/python3" -m pip install --quiet --disable-pip-version-check pandas==2.3.3
  fi
  python3 bench/import.py target/release/mlprompt-cli --pandas "$pandas/bin/python3"
  say "Lists and changes of a million examples"
  cargo test --release --workspace --test engine -- --ignored --nocapture --test-threads=1 a_million_examples
fi
if [ "${1:-}" != micro ] && [ "${1:-}" != import ]; then
  cargo build --release --manifest-path bench/Cargo.toml --target-dir target/bench
  target/bench/release/mlprompt-bench target/release/mlprompt-cli "$@"
fi
if [ $# -eq 0 ] || [ "$1" = micro ]; then
  cargo bench --manifest-path bench/Cargo.toml --target-dir target/bench
fi
