#!/usr/bin/env bash
# The compiler of the workspace (RUSTC_WORKSPACE_WRAPPER): clippy's, which is rustc with more to say, where there is one. The engine's own
# unit tests are compiled without the optimizer: it takes longer on them than all of them run.
compiler=$1
shift
command -v clippy-driver >/dev/null 2>&1 && set -- "$compiler" "$@" && compiler=clippy-driver
[[ " $* " == *" --crate-name mlprompt_core "* && " $* " == *" --test "* ]] && set -- "$@" -C opt-level=0
exec "$compiler" "$@"
