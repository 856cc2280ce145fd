#!/usr/bin/env bash
# Makes a Debian package and a tarball of what is built in build/release: scripts/package.sh [FOLDER]
# (default: build/package). Both hold everything that skiff needs to run: the daemon, the client, the engine, manuals, a
# configuration and unit files; the package depends on Debian 12's libraries, the tarball brings them along.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly build=build/release out=${1:-build/package} lib=usr/lib/skiff doc=usr/share/doc/skiff
fail() {
  echo "package.sh: $1" >&2
  exit 1
}
for needed in bin/skiffd bin/skiff lib/skiff/{engine,skiff-starter,skiffd.node,compile_child.node,wasi_run.node,boot.cjs} guests/hello.wasm; do
  [[ -e $build/$needed ]] || fail "$build/$needed is missing: run 'make build' first"
done

version=$(sed -nE 's/^project\(skiff VERSION ([0-9.]+).*/\1/p' CMakeLists.txt)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(date +%s)}
if commits=$(git rev-list --count HEAD 2>/dev/null); then
  version+="+git$commits.$(git rev-parse --short=8 HEAD)"
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
fi
export SOURCE_DATE_EPOCH
architecture=$(dpkg --print-architecture)
rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d "$out/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root

# put MODE FILE PLACE: a file of the package.
put() { install -D --mode="$1" "$2" "$root/$3"; }
# put_program MODE FILE PLACE: the same, without what only debuggers read.
put_program() {
  put "$1" "$(readlink -f "$2")" "$3"
  strip --strip-unneeded "$root/$3"
}
put_manual() {
  mkdir -p "$root/usr/share/man/man${1##*.}"
  gzip -9n <"packaging/$1" >"$root/usr/share/man/man${1##*.}/$1.gz"
}

stage() {
  put_program 755 $build/bin/skiffd usr/bin/skiffd
  put_program 755 $build/bin/skiff usr/bin/skiff
  put_program 755 $build/lib/skiff/engine $lib/engine
  put_program 755 $build/lib/skiff/skiff-starter $lib/skiff-starter
  local addon
  for addon in skiffd compile_child wasi_run; do put_program 644 $build/lib/skiff/$addon.node $lib/$addon.node; done
  put 644 $build/lib/skiff/boot.cjs $lib/boot.cjs
  put 644 packaging/skiff.toml etc/skiff/skiff.toml
  put 644 packaging/skiff.logrotate etc/logrotate.d/skiff
  put 644 packaging/skiffd.service lib/systemd/system/skiffd.service
  put 644 packaging/skiffd.socket lib/systemd/system/skiffd.socket
  put 644 packaging/skiff.sysusers usr/lib/sysusers.d/skiff.conf
  put 644 $build/guests/hello.wasm $doc/examples/hello.wasm
  local page
  for page in README.md SECURITY.md docs/*.md; do put 644 "$page" "$doc/$page"; done
  put_manual skiffd.8
  put_manual skiff.1
  {
    echo "skiff is under the licence below. $lib/engine is the executable of the npm package that package.json names (Node.js,"
    echo "with V8, OpenSSL and others), under the licences in $doc/engine-licenses."
    echo
    cat LICENSE
  } >"$root/$doc/copyright"
  local licences
  licences=$(dirname "$(readlink -f $build/lib/skiff/engine)")/../LICENSE
  if [[ -e $licences ]]; then
    put 644 "$licences" $doc/engine-licenses
  else
    echo "https://github.com/nodejs/node/blob/main/LICENSE" >"$root/$doc/engine-licenses"
  fi
  printf 'skiff (%s) bookworm; urgency=medium\n\n  * As of this commit.\n\n -- skiff <skiff@localhost>  %s\n' "$version" \
    "$(date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" | gzip -9n >"$root/$doc/changelog.gz"
}

# The packages that the programs' libraries are in, with the least versions.
library_packages() {
  mkdir -p "$work/shlibs/debian"
  printf 'Source: skiff\n\nPackage: skiff\nArchitecture: any\nDepends: ${shlibs:Depends}\n' >"$work/shlibs/debian/control"
  local programs=() program
  for program in usr/bin/skiff usr/bin/skiffd $lib/{engine,skiff-starter} $lib/{skiffd,compile_child,wasi_run}.node; do
    programs+=("-e$(realpath "$root/$program")")
  done
  (cd "$work/shlibs" && dpkg-shlibdeps -O "${programs[@]}" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

make_package() {
  local depends
  depends=$(library_packages)
  [[ -n $depends ]] || fail "dpkg-shlibdeps named no package"
  mkdir -p "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<END
Package: skiff
Version: $version
Architecture: $architecture
Section: httpd
Priority: optional
Maintainer: skiff <skiff@localhost>
Installed-Size: $(du --apparent-size -sk "$root" | cut -f1)
Depends: $depends, adduser, init-system-helpers (>= 1.52)
Recommends: ca-certificates
Suggests: logrotate
Description: host for tenants' WebAssembly
 skiff runs many tenants' WebAssembly in one process and answers HTTP with
 it. Limits on CPU time, memory and I/O hold for every tenant; modules are
 deployed, split by weight and rolled back while it serves.
END
  install --mode=755 packaging/debian/{postinst,prerm,postrm} "$root/DEBIAN/"
  install --mode=644 packaging/debian/conffiles "$root/DEBIAN/"
  (cd "$root" && find usr lib -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
  dpkg-deb --root-owner-group -Zzstd -z9 --build "$root" "$out/skiff_${version}_$architecture.deb" >/dev/null
  rm -r "$root/DEBIAN"
}

# Its top folder may lie anywhere. Libraries but glibc come along, where the launcher has the programs look for them.
make_tarball() {
  local name=skiff-$version-linux-$architecture
  local top=$work/$name file
  mkdir -p "$top"
  mv "$root/usr/bin" "$root/usr/lib" "$root/usr/share" "$root/etc" "$top/"
  mv "$root/lib/systemd" "$top/lib/systemd"
  mkdir "$top/lib/skiff/shared"
  for file in "$top"/bin/* "$top"/lib/skiff/{engine,skiff-starter,*.node}; do ldd "$file"; done | awk '$2 == "=>" { print $1, $3 }' | sort -u |
    while read -r file path; do
      case $file in
        libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.*) ;;
        *) install --mode=644 "$path" "$top/lib/skiff/shared/$file" ;;
      esac
    done
  sed -i 's|^data_dir = .*|data_dir = "../../var"  # beside bin|' "$top/etc/skiff/skiff.toml"
  tar --create --directory="$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" "$name" |
    gzip -6n >"$out/$name.tar.gz"
}

stage
make_package
make_tarball
ls -l "$out"/*.deb "$out"/*.tar.gz | awk '{ print $NF, $5 " bytes" }'
