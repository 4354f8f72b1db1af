# Shared by the scripts: where we are, what is installed, how things are built. Sourced, never run.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Lints run inside the one build, so nothing is compiled twice for them.
export RUSTC_WORKSPACE_WRAPPER=$PWD/scripts/rustc.sh

say() { printf '\n== %s\n' "$*"; }

# Installs Debian packages that are missing; says which.
install_packages() {
  command -v dpkg-query >/dev/null 2>&1 || return 0
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  say "Installing system packages: ${missing[*]}"
  local sudo=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || { echo "These packages are missing and there is no sudo: ${missing[*]}. Install them and try again." >&2; exit 1; }
    sudo=(sudo)
  fi
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

BUILD_PACKAGES=(build-essential pkg-config libwebkit2gtk-4.1-dev librsvg2-dev)
WINDOW_TEST_PACKAGES=(webkit2gtk-driver xvfb xauth dbus-x11 dbus openbox xdotool python3-gi gir1.2-gtk-3.0 gnome-keyring libsecret-tools imagemagick fonts-dejavu-core)

need() {
  command -v "$1" >/dev/null 2>&1 || { echo "$1 is missing. Install $2 and try again." >&2; exit 1; }
}

# npm packages, when they are not those of the lock file.
install_npm() {
  if [ ! -d ui/node_modules ] || [ ui/package-lock.json -nt ui/node_modules/.package-lock.json ]; then
    say "Installing npm packages"
    npm --prefix ui ci --no-audit --no-fund --loglevel=error
  fi
}

# The program and the tests in its window. The other test of the program is named since Cargo builds the program for it.
build_program() {
  build_ui
  cargo test --release --workspace --test program --test e2e --no-run
}

# The page, when a source of it is newer than what is built.
build_ui() {
  if [ ! -f ui/dist/index.html ] || [ -n "$(find ui/src ui/public ui/index.html ui/package-lock.json ui/vite.config.ts -newer ui/dist/index.html -print -quit)" ]; then
    say "Building the page"
    npm --prefix ui run --silent build
  fi
}
