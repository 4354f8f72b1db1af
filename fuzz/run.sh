#!/usr/bin/env bash
# Feeds arbitrary bytes to the readers: fuzz/run.sh [SECONDS a target, 600]. It starts from seeds/, files that other programs wrote, and
# corpus/, what earlier runs found; both are in the repository. What a run finds is added to corpus/, cut down to what reaches something
# new; what breaks a reader is left in artifacts/. cargo-fuzz is installed when it is missing; the stable compiler is told to take the
# options that it keeps for nightly.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
command -v cargo-fuzz >/dev/null || cargo install cargo-fuzz --locked
export RUSTC_BOOTSTRAP=1
unset RUSTC_WORKSPACE_WRAPPER
for target in csv jsonl promptfoo; do
  found=$(mktemp -d)
  trap 'rm -rf "$found"' EXIT
  mkdir -p "fuzz/corpus/$target"
  cargo fuzz run --fuzz-dir fuzz "$target" "$found" "fuzz/corpus/$target" "fuzz/seeds/$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536
  # Small inputs alone are kept: they are read by people, too.
  find "$found" -type f -size +4k -delete
  cargo fuzz run --fuzz-dir fuzz "$target" "fuzz/corpus/$target" "$found" -- -merge=1 -timeout=10
done
