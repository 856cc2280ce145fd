#!/usr/bin/env bash
# Installs what scripts/package.sh made in a clean Debian 12, starts it there, asks it, restarts it and removes it:
# scripts/package-test.sh [FOLDER] (default: build/package). Needs root, debootstrap, and Debian's archive within reach.
# scripts/debian_root.sh says how to begin with less.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. scripts/debian_root.sh

readonly folder=${1:-build/package}
package=$(echo "$folder"/skiff_*.deb) tarball=$(echo "$folder"/skiff-*.tar.gz)
[[ -f $package && -f $tarball ]] || fail "$folder has no package: run 'make package' first"

daemon= # its number, as seen from here
clean_up() {
  [[ -z $daemon ]] || kill -KILL "$daemon" 2>/dev/null || true
  remove_debian_root
}
trap clean_up EXIT

# start PROGRAM CONFIG: in there, as the user skiff; sets daemon, log, port and admin.
start() {
  log=$root/tmp/$RANDOM.log
  : >"$log"
  chroot "$root" /usr/bin/setpriv --reuid=skiff --regid=skiff --clear-groups /usr/bin/env -i PATH=/usr/bin:/bin \
    "$1" --config "$2" >"$log" 2>&1 &
  daemon=$!
  local tries
  for ((tries = 0; tries < 300; ++tries)); do
    ! grep -q ' ready: ' "$log" || break
    kill -0 "$daemon" 2>/dev/null || break
    sleep 0.1
  done
  grep -q ' ready: ' "$log" || fail "$1 does not become ready: $(cat "$log")"
  port=$(sed -nE 's|.* listening on http://127.0.0.1:([0-9]+)$|\1|p' "$log" | tail -n 1)
  admin=$(sed -nE 's|.* admin on http://127.0.0.1:([0-9]+)$|\1|p' "$log" | tail -n 1)
}
expect() { # expect TEXT URL...
  local answer
  answer=$(curl --silent --show-error --max-time 10 "${@:2}") || fail "${*: -1} does not answer: $(cat "$log")"
  [[ $answer == *"$1"* ]] || fail "${*: -1} answers: $answer"
}
# deploy PROGRAMS DATA_FOLDER DOCUMENTS: the example, with the client, which is asked then.
deploy() {
  client() { inside SKIFF_ADMIN="http://127.0.0.1:$admin" "$programs/skiff" "$@" >>"$log.client" 2>&1 || fail "skiff $*: $(tail -n 3 "$log.client")"; }
  local programs=$1
  client login --data-dir "$2"
  client tenants create acme
  client deploy "$3/examples/hello.wasm" --tenant acme --app web --route 'web.test/*'
  expect 'Hello from skiff' --header 'Host: web.test' "http://127.0.0.1:$port/"
}
restart() {
  local first=$daemon
  kill -USR2 "$first"
  wait "$first" || fail "the old process did not end well: $(cat "$log")"
  daemon=$(sed -nE "s|.* process ([0-9]+) has taken this one's place$|\1|p" "$log")
  [[ -n $daemon && $daemon != "$first" ]] || fail "no other process took its place: $(cat "$log")"
  expect 'Hello from skiff' --header 'Host: web.test' "http://127.0.0.1:$port/"
}
stop() {
  kill -TERM "$daemon"
  local status=0
  wait "$daemon" || status=$?
  daemon=
  ((status == 0)) || fail "it ended with status $status: $(cat "$log")"
}
# Of one that a restart has begun, and that is nobody's child here.
end() {
  kill -TERM "$daemon"
  local tries
  for ((tries = 0; tries < 100; ++tries)); do kill -0 "$daemon" 2>/dev/null || break; sleep 0.1; done
  ! kill -0 "$daemon" 2>/dev/null || fail "it does not end: $(cat "$log")"
  daemon=
}

say "making a minimal Debian 12"
make_debian_root

say "installing $(basename "$package")"
cp "$package" "$root/tmp/skiff.deb"
install_in_root /tmp/skiff.deb
[[ $(inside getent passwd skiff) == skiff:*:/var/lib/skiff:* ]] || fail "there is no user skiff"
[[ $(inside stat -c '%U %a' /var/lib/skiff /etc/skiff/skiff.toml) == $'skiff 700\nroot 640' ]] || fail "owners or modes are wrong"
[[ $(inside skiffd --version) == "skiffd "* ]] || fail "skiffd does not start"
inside skiffd --config /etc/skiff/skiff.toml --check >/dev/null || fail "the configuration that comes along is not good"
[[ -z $(inside ldd /usr/bin/skiff /usr/bin/skiffd /usr/lib/skiff/engine /usr/lib/skiff/skiffd.node | grep 'not found') ]] || fail "libraries are missing"

for page in README.md SECURITY.md docs/operations.md docs/tls.md docs/sandbox.md; do
  [[ -f $root/usr/share/doc/skiff/$page ]] || fail "the package has no $page"
done

say "serving"
sed 's/127.0.0.1:[0-9]*"/127.0.0.1:0"/' packaging/skiff.toml >"$root/etc/skiff/test.toml"
chroot "$root" chgrp skiff /etc/skiff/test.toml
start /usr/bin/skiffd /etc/skiff/test.toml
expect '"status":"ok"' "http://127.0.0.1:$admin/healthz"
deploy /usr/bin /var/lib/skiff /usr/share/doc/skiff

say "restarting"
restart
end

say "upgrading, removing"
echo '# a change of the operator' >>"$root/etc/skiff/skiff.toml"
inside dpkg --install /tmp/skiff.deb >/dev/null
grep -q '# a change of the operator' "$root/etc/skiff/skiff.toml" || fail "an upgrade overwrites the configuration"
inside apt-get purge -qq --yes skiff >/dev/null 2>&1
[[ ! -e $root/usr/bin/skiffd && ! -e $root/etc/skiff/skiff.toml && -d $root/var/lib/skiff ]] || fail "purge leaves the wrong things"
inside apt-get autoremove -qq --yes --purge >/dev/null 2>&1

say "serving from $(basename "$tarball"), without any library installed"
tar --extract --file="$tarball" --directory="$root/opt"
name=$(basename "$tarball" .tar.gz)
sed -i 's/127.0.0.1:[0-9]*"/127.0.0.1:0"/' "$root/opt/$name/etc/skiff/skiff.toml"
install --directory --owner="$(stat -c %u "$root/var/lib/skiff")" "$root/opt/$name/var"
start "/opt/$name/bin/skiffd" "/opt/$name/etc/skiff/skiff.toml"
expect '"status":"ok"' "http://127.0.0.1:$admin/healthz"
inside SKIFF_ADMIN="http://127.0.0.1:$admin" "/opt/$name/bin/skiff" status >/dev/null || fail "the client of the tarball does not work"
deploy "/opt/$name/bin" "/opt/$name/var" "/opt/$name/share/doc/skiff"
restart
end
start "/opt/$name/bin/skiffd" "/opt/$name/etc/skiff/skiff.toml"
expect 'Hello from skiff' --header 'Host: web.test' "http://127.0.0.1:$port/"
stop
say "all is well"
