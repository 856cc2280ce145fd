#!/usr/bin/env bash
# Installs everything that skiff needs to build, test and run, on Debian 12:
#   - Debian packages;
#   - llhttp, which Debian 12 does not have, from Debian 13: an apt pin lets these two packages, and
#     nothing else, come from there;
#   - the sources of third-party programs that are built as guests (scripts/sources.sh);
#   - the engine (V8) and the AssemblyScript compiler, from npm, pinned by their lock files.
# Does nothing when all of it is there. Works as root, or with sudo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly packages=(
  build-essential cmake ninja-build pkg-config git ca-certificates curl
  clang clang-format lld wabt wasi-libc libclang-rt-14-dev libclang-rt-14-dev-wasm32
  libc++-14-dev-wasm32 libc++abi-14-dev-wasm32 libstb-dev rapidjson-dev # for guests
  libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev libssl-dev zlib1g-dev
  libsqlite3-dev libarchive-dev libzstd-dev libxxhash-dev libseccomp-dev libnghttp2-dev
  prometheus-cpp-dev libtomlplusplus-dev libcli11-dev libspdlog-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  docker-registry skopeo openssl # for tests of pulling
  nghttp2-client                 # h2load, for tests and measurements of HTTP/2
  tcl        # SQLite's sources are put together with it
  libatomic1 # the engine's executable needs it
)
readonly trixie_packages=(libllhttp-dev libllhttp9.2)

fail() {
  echo "deps.sh: $1" >&2
  exit 1
}
. scripts/apt_source.sh

check_system() {
  [[ -r /etc/os-release ]] || fail "cannot tell which system this is: no /etc/os-release"
  local id version name
  read -r id version name < <(
    . /etc/os-release
    echo "${ID:-?}" "${VERSION_ID:-?}" "${PRETTY_NAME:-?}"
  )
  [[ $id == debian && $version == 12 ]] ||
    fail "installs on Debian 12 only, and this is $name. Install the packages named in $0, and then run: scripts/sources.sh; npm ci; npm ci --prefix guests/assemblyscript"
  case $(uname -m) in
    x86_64 | aarch64) ;;
    *) fail "the engine is packaged for x86-64 and 64-bit Arm only, and this is $(uname -m)" ;;
  esac
}

installed() { [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# missing NAME...: the names of those packages that are not installed.
missing() {
  local package
  for package in "$@"; do installed "$package" || echo "$package"; done
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    command -v sudo >/dev/null ||
      fail "must install Debian packages: run it once as root, or install sudo"
    sudo --preserve-env "$@" # proxy settings live in the environment
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@" ||
    fail "apt-get could not install: $*"
}

install_llhttp() {
  local source ending name=skiff-trixie
  source=$(apt_source deb trixie) ||
    fail "apt has no source of Debian 12's main packages; add one under /etc/apt"
  ending=${source%%$'\n'*}
  as_root rm -f "/etc/apt/sources.list.d/$name.list" "/etc/apt/sources.list.d/$name.sources"
  # The pin first: there is no moment at which anything else could be taken from Debian 13.
  as_root tee "/etc/apt/preferences.d/$name" >/dev/null <<END
Package: *
Pin: release n=trixie
Pin-Priority: -10

Package: ${trixie_packages[*]}
Pin: release n=trixie
Pin-Priority: 100
END
  as_root tee "/etc/apt/sources.list.d/$name.$ending" >/dev/null <<<"${source#*$'\n'}"
  as_root apt-get update || fail "apt-get could not read Debian 13's package lists"
  apt_install "${trixie_packages[@]}"
}

install_debian_packages() {
  local wanted
  readarray -t wanted < <(missing "${packages[@]}")
  # Debian's npm conflicts with other packages of Node.js: whatever npm works is good.
  npm --version >/dev/null 2>&1 || wanted+=(npm)
  local from_trixie
  from_trixie=$(missing "${trixie_packages[@]}")
  [[ ${#wanted[@]} != 0 || -n $from_trixie ]] || return 0

  as_root apt-get update || fail "apt-get could not read the package lists"
  [[ ${#wanted[@]} == 0 ]] || apt_install "${wanted[@]}"
  [[ -z $from_trixie ]] || install_llhttp
}

# install_npm_packages FOLDER FILE: what its lock file names, if that is not what is there. FILE (a pattern)
# comes with it: of the engine's packages, one for each kind of machine, npm leaves out what it cannot fetch.
install_npm_packages() {
  local stamp=$1/node_modules/.skiff-lock-sha256 lock
  lock=$(cat "$1/package.json" "$1/package-lock.json" | sha256sum)
  [[ ! -f $stamp || $(<"$stamp") != "$lock" ]] || return 0
  npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund --loglevel=error ||
    fail "npm could not install what $1/package-lock.json names"
  compgen -G "$1/node_modules/$2" >/dev/null ||
    fail "npm could not fetch $2, which $1/package-lock.json names: is the npm registry within reach?"
  echo "$lock" >"$stamp"
}

check_engine() {
  local executable
  executable=$(echo node_modules/node-linux-*/bin/node)
  "$executable" --version >/dev/null || fail "the engine's executable $executable does not run here"
}

check_system
install_debian_packages
scripts/sources.sh
install_npm_packages . 'node-linux-*/bin/node'
install_npm_packages guests/assemblyscript assemblyscript/bin/asc.js
check_engine
