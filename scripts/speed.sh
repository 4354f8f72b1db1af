#!/usr/bin/env bash
# Measures the real window: start, opening a large project, hovering, typing; with `endurance::` a live run over time. Worth something on
# a quiet machine only.
set -euo pipefail
source "$(dirname "$0")/common.sh"
install_packages "${BUILD_PACKAGES[@]}" "${WINDOW_TEST_PACKAGES[@]}" python3-xlib
install_npm
build_program
scripts/in-window-session.sh cargo test --release --workspace --test e2e -- --test-threads=1 --nocapture --ignored "${1:-speed::}"
