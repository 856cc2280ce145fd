#!/usr/bin/env bash
# Fetches the Debian 12 source packages of the third-party programs that are built as guests into
# third_party/NAME, with Debian's patches applied and nothing else changed; the .dsc file beside it records the
# version. apt checks signatures and hashes. Needs no root, and leaves apt's own state and configuration alone.
# Does nothing for what is there; remove third_party/ to get newer versions.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly names=(lua5.4 sqlite3)

fail() {
  echo "sources.sh: $1" >&2
  exit 1
}
. scripts/apt_source.sh

readarray -t wanted < <(for name in "${names[@]}"; do [[ -d third_party/$name ]] || echo "$name"; done)
[[ ${#wanted[@]} != 0 ]] || exit 0

mkdir -p third_party
# In third_party/ itself, so that what is complete can be moved to its place at once.
scratch=$(mktemp --directory third_party/.fetch.XXXXXX)
trap 'rm -rf "$scratch"' EXIT

state=$PWD/$scratch/apt
mkdir -p "$state"/{lists,cache/archives}/partial
readonly own_state=(-o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" -o APT::Sandbox::User=)

if ! source=$(apt_source deb-src bookworm); then # perhaps only since the machine's package lists are not there
  apt_options=("${own_state[@]}")
  apt-get "${apt_options[@]}" --quiet=2 update || fail "apt-get could not read the package lists"
  source=$(apt_source deb-src bookworm) ||
    fail "apt has no source of Debian 12's main packages; add one under /etc/apt"
fi
entry=$PWD/$scratch/source.${source%%$'\n'*}
echo "${source#*$'\n'}" >"$entry"
readonly apt=(apt-get --quiet=2 "${own_state[@]}"
  -o Dir::Etc::SourceList="$entry" -o Dir::Etc::SourceParts=/dev/null)

"${apt[@]}" update || fail "apt-get could not read the list of Debian 12's source packages"
(cd "$scratch" && "${apt[@]}" source --download-only "${wanted[@]}") ||
  fail "apt-get could not fetch the source packages: ${wanted[*]}"

for name in "${wanted[@]}"; do
  dsc=$(echo "$scratch/$name"_*.dsc)
  # apt has checked the signature of the list and by it the files: no key for the .dsc's own is needed.
  dpkg-source --no-check --extract "$dsc" "$scratch/$name" >/dev/null || fail "dpkg-source could not unpack $dsc"
  mv "$dsc" third_party/
  mv "$scratch/$name" "third_party/$name"
  echo "fetched the sources of $name, version $(sed -n 's/^Version: //p' "third_party/$(basename "$dsc")")"
done
