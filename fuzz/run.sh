#!/usr/bin/env bash
# Feeds arbitrary bytes to the readers: fuzz/run.sh [SECONDS a target, 600]. The corpus that it finds is kept beside the targets.
# cargo-fuzz is installed when it is missing; the stable compiler is told to take the options that it keeps for nightly.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export RUSTC_BOOTSTRAP=1
unset RUSTC_WORKSPACE_WRAPPER
for target in csv jsonl promptfoo; do
  cargo fuzz run --fuzz-dir fuzz "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536
  cargo fuzz cmin --fuzz-dir fuzz "$target" "fuzz/corpus/$target"
done
