#!/usr/bin/env bash
# Measures `mlprompt-cli eval` against a server in the same run (ratios), then what is done for every example (criterion).
# Worth something on a quiet machine only. A name in quotes measures one scenario, `micro` the second part alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"
unset RUSTC_WORKSPACE_WRAPPER

need cargo "Rust (rustup)"
if [ "${1:-}" != micro ]; then
  cargo build --release --package mlprompt-cli
  cargo build --release --manifest-path bench/Cargo.toml --target-dir target/bench
  target/bench/release/mlprompt-bench target/release/mlprompt-cli "$@"
fi
if [ $# -eq 0 ] || [ "$1" = micro ]; then
  cargo bench --manifest-path bench/Cargo.toml --target-dir target/bench
fi
