#!/usr/bin/env bash
# Trains against a simulator of models that is running already, and asks it what the returned prompts are truly worth. Needs its base
# URL and a folder with train.csv, val.csv and test.csv; what may follow is in bench/external.py (--calls, --seeds, --strategies …).
#   scripts/bench-external.sh http://127.0.0.1:890{seed}/v1 path/to/banking --calls 2000,5000,10000 --seeds 1,2,3,4,5
set -euo pipefail
if [ -z "${1:-}" ] || [ -z "${2:-}" ]; then
  echo "Usage: scripts/bench-external.sh URL FOLDER [--calls N,N] [--seeds N,N] [--strategies S,S] [--option=OPTION]" >&2
  echo "URL is the base URL of a running simulator, with its /v1 ({seed} in it becomes the seed of the run)," >&2
  echo "FOLDER holds train.csv, val.csv and test.csv. MLPROMPT_CLI names a program that is built already." >&2
  exit 2
fi
url=$1
data=$(cd "$2" && pwd) || exit 2
shift 2
source "$(dirname "$0")/common.sh"
need python3 "Python 3"
cli=${MLPROMPT_CLI:-}
if [ -z "$cli" ]; then
  unset RUSTC_WORKSPACE_WRAPPER
  need cargo "Rust (rustup)"
  cargo build --release --package mlprompt-cli
  cli=target/release/mlprompt-cli
fi
python3 bench/external.py "$cli" "$url" "$data" "$@"
