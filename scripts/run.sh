#!/usr/bin/env bash
# Opens the application with a sample project ready to train. Without a display it trains the same sample in the terminal.
set -euo pipefail
source "$(dirname "$0")/common.sh"

need cargo "Rust (rustup)"
display=${DISPLAY:-}${WAYLAND_DISPLAY:-}
case "$(uname -s)" in Linux) ;; *) display=native ;; esac

if [ -z "$display" ]; then
  say "There is no display, so the sample project is trained in the terminal"
  install_packages build-essential pkg-config
  cargo build --release --package mlprompt-cli
  exec target/release/mlprompt-cli train --sample tickets
fi

need npm "Node 20 or newer"
install_packages "${BUILD_PACKAGES[@]}"
install_npm
build_ui
cargo build --release --workspace
exec target/release/mlprompt --sample tickets
