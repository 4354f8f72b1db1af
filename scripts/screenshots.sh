#!/usr/bin/env bash
# Pictures of every screen, in every theme, small to large and with large text, from the real window into screenshots/ (git ignores it).
# MLPROMPT_LOOKS=dark,small takes some of light, dark, contrast, small, large and text-200 alone.
set -euo pipefail
source "$(dirname "$0")/common.sh"
install_packages "${BUILD_PACKAGES[@]}" "${WINDOW_TEST_PACKAGES[@]}"
install_npm
build_program
WINDOW_SESSION_SIZE=3900x2240 MLPROMPT_PICTURES="$PWD/screenshots" scripts/in-window-session.sh \
  cargo test --release --workspace --test e2e -- --test-threads=1 --nocapture --include-ignored "${@:-screenshots}"
echo "Pictures are in screenshots/."
