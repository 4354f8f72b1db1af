#!/usr/bin/env bash
# Runs a command inside a display, a window manager, a D-Bus, a keychain and a home of its own; takes all of it down again.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
home=$(mktemp -d)
size=${WINDOW_SESSION_SIZE:-1400x900}
# Sessions that begin at one moment look for a free display from different numbers on (WINDOW_SESSION_DISPLAY).

cleanup() {
  # The session's programs end with its display; what lingers is ended by its home.
  rm -rf "$home" 2>/dev/null || true
}
trap cleanup EXIT

export CARGO_HOME=${CARGO_HOME:-$HOME/.cargo}
export RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}
cd "$root"
env HOME="$home" XDG_DATA_HOME="$home/data" XDG_CONFIG_HOME="$home/config" XDG_CACHE_HOME="$home/cache" XDG_RUNTIME_DIR="$home" \
  NO_AT_BRIDGE=1 LIBGL_ALWAYS_SOFTWARE=1 \
  xvfb-run -a -n "${WINDOW_SESSION_DISPLAY:-99}" -s "-screen 0 ${size}x24 -nolisten tcp" dbus-run-session -- bash -c '
    printf "\n" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1 || echo "no keychain in this session" >&2
    openbox >/dev/null 2>&1 &
    manager=$!
    status=0
    "$@" || status=$?
    kill "$manager" 2>/dev/null || true
    exit "$status"
  ' session "$@"
