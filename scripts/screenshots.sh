#!/usr/bin/env bash
# Pictures of every screen, light and dark, large and small, from the real window into screenshots/ (git ignores it).
set -euo pipefail
source "$(dirname "$0")/common.sh"
install_packages "${BUILD_PACKAGES[@]}" "${WINDOW_TEST_PACKAGES[@]}"
install_npm
build_ui
MLPROMPT_PICTURES="$PWD/screenshots" scripts/in-window-session.sh cargo test --release --workspace --test e2e -- --test-threads=1 --nocapture "${@:-screenshots}"
echo "Pictures are in screenshots/."
