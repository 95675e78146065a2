#!/usr/bin/env bash
# Makes AmparoFFI.xcframework, which Package.swift takes in on a Mac: one static framework for each platform, from static libraries of
# the core. `cargo xtask build-apple` builds those and calls this. It was never run by the tests of this project, which have no Mac.
# Usage: bindings/swift/make-xcframework.sh LIBRARY…
#            each LIBRARY is TARGET/…/libamparo.a, of a Rust target with `apple` in its name, as cargo lays it out. Libraries for
#            one platform (two kinds of simulator) are joined.
# Environment: CODESIGN_IDENTITY, whose signature the framework gets; without it none.
# Needs: macOS with Xcode, and the generated header (`cargo xtask bindings`).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
generated=$here/Sources/AmparoFFI
result=$here/AmparoFFI.xcframework
version=$(sed -n '/^\[workspace.package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' "$repo/Cargo.toml")

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

[ $# -ge 1 ] || fail "$(sed -n '/^# Usage/,/^set/{/^set/d;s/^# \{0,1\}//;p;}' "${BASH_SOURCE[0]}")"

missing=()
[ "$(uname -s)" = Darwin ] || missing+=("macOS: this is $(uname -s), and Xcode is for macOS alone")
for tool in xcodebuild lipo plutil; do
    command -v "$tool" >/dev/null 2>&1 || missing+=("$tool, which comes with Xcode: install Xcode, then xcode-select --switch /Applications/Xcode.app")
done
for file in "$generated/AmparoFFI.h" "$generated/module.modulemap"; do
    [ -f "$file" ] || missing+=("${file#"$repo"/}: cargo xtask bindings")
done
for library in "$@"; do
    [ -f "$library" ] || missing+=("$library: cargo xtask build-apple builds it")
done
if [ ${#missing[@]} -gt 0 ]; then fail "The XCFramework cannot be made here. What is missing:" "${missing[@]/#/  - }"; fi

# The platform that the Rust target in a library's path is for.
platform_of() {
    case $1 in
        *-apple-ios-sim/* | */x86_64-apple-ios/*) echo ios-simulator ;;
        *-apple-ios-macabi/*) echo ios-maccatalyst ;;
        *-apple-ios/*) echo ios ;;
        *-apple-darwin/*) echo macos ;;
        *) fail "$1: the folder of a Rust target for iOS or macOS is not in its path" ;;
    esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for library in "$@"; do
    platform=$(platform_of "$library")
    mkdir -p "$work/$platform"
    # By number: two libraries for one platform have the same name.
    ln -s "$(cd "$(dirname "$library")" && pwd)/$(basename "$library")" "$work/$platform/$(find "$work/$platform" -name '*.a' | wc -l | tr -d ' ').a"
done

# info FILE MINIMUM PLATFORM KEY
info() {
    cat >"$1" <<EOF
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
    <key>CFBundleExecutable</key><string>AmparoFFI</string>
    <key>CFBundleIdentifier</key><string>org.amparo.AmparoFFI</string>
    <key>CFBundleInfoDictionaryVersion</key><string>6.0</string>
    <key>CFBundleName</key><string>AmparoFFI</string>
    <key>CFBundlePackageType</key><string>FMWK</string>
    <key>CFBundleShortVersionString</key><string>$version</string>
    <key>CFBundleVersion</key><string>$version</string>
    <key>CFBundleSupportedPlatforms</key><array><string>$3</string></array>
    <key>$4</key><string>$2</string>
</dict>
</plist>
EOF
    plutil -lint -s "$1"
}

# Frameworks, and not bare libraries with headers: the module maps of two such libraries in one app overwrite each other.
frameworks=()
for folder in "$work"/*/; do
    platform=$(basename "$folder")
    framework=$folder/AmparoFFI.framework
    case $platform in
        macos | ios-maccatalyst)
            content=$framework/Versions/A resources=$framework/Versions/A/Resources minimum=13.0 name=MacOSX key=LSMinimumSystemVersion
            mkdir -p "$content/Headers" "$content/Modules" "$resources"
            ln -s A "$framework/Versions/Current"
            for part in Headers Modules Resources AmparoFFI; do ln -s "Versions/Current/$part" "$framework/$part"; done
            ;;
        *)
            content=$framework resources=$framework minimum=16.0 name=iPhoneOS key=MinimumOSVersion
            [ "$platform" = ios-simulator ] && name=iPhoneSimulator
            mkdir -p "$content/Headers" "$content/Modules"
            ;;
    esac
    lipo -create "$folder"*.a -output "$content/AmparoFFI"
    cp "$generated/AmparoFFI.h" "$content/Headers/"
    sed 's/^module AmparoFFI/framework module AmparoFFI/' "$generated/module.modulemap" >"$content/Modules/module.modulemap"
    grep -q '^framework module AmparoFFI {' "$content/Modules/module.modulemap" || fail "the generated module map is not as it was: look at $generated"
    cp "$here/PrivacyInfo.xcprivacy" "$resources/"
    info "$resources/Info.plist" "$minimum" "$name" "$key"
    frameworks+=(-framework "$framework")
done

rm -rf "$result"
xcodebuild -create-xcframework "${frameworks[@]}" -output "$result"
if [ -n "${CODESIGN_IDENTITY:-}" ]; then codesign --timestamp --sign "$CODESIGN_IDENTITY" "$result"; fi
echo "$result"
