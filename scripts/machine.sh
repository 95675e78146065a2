# shellcheck shell=bash
# What scripts/test and scripts/tour need from the machine: the pinned Rust toolchain, a C compiler for SQLite, and a way to
# install Debian packages. Sourced, never run. Nothing here changes a default toolchain or touches files outside the
# repository, except through apt-get and rustup.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rust_version=$(sed -n 's/^channel *= *"\(.*\)"/\1/p' "$repo/rust-toolchain.toml")

# Every argument on a line of its own.
say() { printf '%s\n' "$@"; }
fail() {
    printf '\n%s\n' "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: directly, or through sudo where that asks for no password or somebody is there to type it.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
        sudo "$@"
    else
        return 1
    fi
}

# install_packages PACKAGE…: 0 if they are installed now. The package lists are fetched only when an install needs it.
install_packages() {
    have apt-get || return 1
    local quiet=(-y -qq --no-install-recommends -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
    say "installing with apt-get: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${quiet[@]}" "$@" >/dev/null 2>&1 ||
        { as_root apt-get update -qq >/dev/null 2>&1 &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${quiet[@]}" "$@" >/dev/null; }
}

# The bundled SQLite is C: without a C compiler nothing builds.
need_c_compiler() {
    have cc || install_packages gcc libc6-dev || true
    have cc || fail "A C compiler is needed (SQLite is C) and could not be installed.
On Debian or Ubuntu: apt-get install gcc libc6-dev    On Fedora: dnf install gcc    On macOS: xcode-select --install"
}

# need_rust COMPONENT…: the toolchain of rust-toolchain.toml with these components. RUSTUP_AUTO_INSTALL=0 may be set, so nothing
# is left to rustup's own installing on first use.
need_rust() {
    [ -d "$HOME/.cargo/bin" ] && case ":$PATH:" in *":$HOME/.cargo/bin:"*) ;; *) PATH="$HOME/.cargo/bin:$PATH" ;; esac
    have cargo || fail "Rust is needed: https://www.rust-lang.org/tools/install (version $rust_version, see rust-toolchain.toml)."
    if have rustup; then
        local component want=()
        for component in "$@"; do want+=(--component "$component"); done
        # Without what is there already this downloads nothing; rustup itself decides from its own manifest of components.
        if ! rust_is_complete "$@"; then
            say "installing Rust $rust_version with rustup"
            rustup toolchain install "$rust_version" --profile minimal --no-self-update "${want[@]}" ||
                fail "Rust $rust_version could not be installed. Try by hand:
    rustup toolchain install $rust_version --profile minimal --component clippy,rustfmt"
        fi
        export RUSTUP_TOOLCHAIN=$rust_version
    else
        # A distribution's Rust cannot be told which version to be: newer is fine, older is not.
        local found
        found=$(rustc --version | sed -n 's/^rustc \([0-9]*\.[0-9]*\).*/\1/p')
        [ "$(printf '%s\n' "${rust_version%.*}" "$found" | sort -V | head -n 1)" = "${rust_version%.*}" ] ||
            fail "Rust $rust_version or newer is needed, this is $found. With rustup: rustup toolchain install $rust_version"
        [ "$found" = "${rust_version%.*}" ] || say "note: this is Rust $found; the project is checked with $rust_version"
    fi
}

# Whether rustup already has the pinned toolchain with these components.
rust_is_complete() {
    local installed component
    installed=$(rustup component list --toolchain "$rust_version" --installed 2>/dev/null) || return 1
    for component in "$@"; do
        grep -q "^$component" <<<"$installed" || return 1
    done
}
