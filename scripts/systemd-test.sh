#!/usr/bin/env bash
# Has a real systemd run skiffd by the package's units: scripts/systemd-test.sh [FOLDER] (default: build/package). Installs the
# package of scripts/package.sh in a clean Debian 12, boots that in namespaces of its own (processes, mounts, network), and there
# starts, reloads, restarts, hangs, crashes and stops skiffd, while a client asks.
# Needs root, cgroups of version 2, debootstrap, curl, and Debian's archive within reach; scripts/debian_root.sh says how to begin with less.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

. scripts/debian_root.sh
. scripts/booted_root.sh

readonly folder=${1:-build/package}
package=$(echo "$folder"/skiff_*.deb)
[[ -f $package ]] || fail "$folder has no package: run 'make package' first"

work=$(mktemp -d --tmpdir skiff-systemd.XXXXXX)
asking= # the number of the process that asks
clean_up() {
  local status=$?
  if ((status != 0)) && [[ -n $init ]]; then
    there journalctl --quiet --no-pager --lines=1000 | grep --invert-match '"host":"web.test"' | tail -n 40 >&2 || true
  fi
  rm -f "$work/asking"
  power_off
  [[ -z $asking ]] || wait "$asking" || true
  remove_debian_root
  rm -rf "$work"
}
trap clean_up EXIT

now() { echo "${EPOCHREALTIME/[.,]/}"; } # in microseconds
elapsed() { echo "$((($(now) - $1) / 1000)) ms"; }

property() { there systemctl show --value --property="$1" skiffd; }
is() { [[ $(property "$1") == "$2" ]]; }
# journal: what this start of the unit, and systemd about it, have said so far.
journal() {
  local id
  id=$(property InvocationID)
  there journalctl --quiet --no-pager --output=cat _SYSTEMD_INVOCATION_ID="$id" + INVOCATION_ID="$id"
}
logged() { [[ $(journal) == *"$1"* ]]; }
# drop_in UNIT LINE...
drop_in() {
  mkdir -p "$root/etc/systemd/system/$1.d"
  printf '%s\n' "${@:2}" >"$root/etc/systemd/system/$1.d/test.conf"
  there systemctl daemon-reload
}

readonly app=http://web.test:8080/ admin=http://127.0.0.1:9090
readonly client=(curl --silent --noproxy '*' --resolve '*:8080:127.0.0.1' --resolve '*:80:127.0.0.1')
answer() { by_net "${client[@]}" --show-error --max-time 60 "$1" 2>&1; }
says() { [[ $(answer "$2") == *"$1"* ]]; }
expect() { says "$@" || fail "$2 answers: $(answer "$2")"; }
# From here to answered: a client asks, each time on a new connection, two minutes at most.
ask() {
  : >"$work/asking"
  : >"$work/answers"
  local end=$((SECONDS + 120))
  while [[ -e $work/asking ]] && ((SECONDS < end)); do
    by_net "${client[@]}" --max-time 30 --header 'Connection: close' --output /dev/null --write-out \
      '%{http_code} %{errormsg}\n' "$app?[1-20]" >>"$work/answers" || true
  done &
  asking=$!
  wait_for 10 "a first answer" test -s "$work/answers"
}
# answered: each was; sets answers, their number.
answered() {
  rm "$work/asking"
  wait "$asking"
  ! grep --invert-match '^200 ' "$work/answers" >&2 || fail "requests have failed while skiffd $1"
  answers=$(wc -l <"$work/answers")
}
signal_main() { there systemctl kill --kill-whom=main --signal="$1" skiffd; }
# connect: opens a connection. request_late: sends a request on it, and prints all that comes until it is closed.
connect() {
  coproc late { by_net bash -c 'exec 3<>/dev/tcp/127.0.0.1/8080; echo connected; read -r || exit; printf "GET / HTTP/1.1\r\nHost: web.test\r\n\r\n" >&3; cat <&3'; }
  read -r -t 10 -u "${late[0]}" || fail "cannot connect"
}
request_late() {
  echo >&"${late[1]}"
  timeout 20 cat <&"${late[0]}"
}
# main_is_new OLD: another process is the unit's, and it is up.
main_is_new() {
  local main
  main=$(property MainPID)
  [[ $main != "$1" && $main != 0 ]]
}
is_gone() { ! there test -e "/proc/$1"; }

# restarts_after WHAT LOGGED COMMAND...: it has systemd start skiffd anew, and what was deployed is there again.
restarts_after() {
  local old restarts begin
  old=$(property MainPID) restarts=$(property NRestarts)
  begin=$(now)
  "${@:3}"
  wait_for 60 "another process after $1" main_is_new "$old"
  wait_for 60 "the app answers again after $1" says 'Hello from skiff' "$app"
  say "  after $1: it answers again after $(elapsed "$begin")"
  wait_for 30 "active after $1" is ActiveState active
  is NRestarts $((restarts + 1)) || fail "systemd has restarted it $(property NRestarts) times, not $((restarts + 1))"
  [[ $(there journalctl --quiet --no-pager --output=cat --unit=skiffd) == *"$2"* ]] || fail "systemd does not say: $2"
}

say "making a minimal Debian 12 with systemd"
make_debian_root
install_in_root systemd-sysv dbus logrotate
say "installing $(basename "$package")"
cp "$package" "$root/root/skiff.deb"
install_in_root /root/skiff.deb
close_debian_root

say "booting it"
begin=$(now)
boot "$work/console"
wait_for 90 "the package's unit is started with the system" there systemctl --quiet is-active skiffd >/dev/null 2>&1
say "  $(there systemctl --version | head -n 1): skiffd active $(elapsed "$begin") after the first process began"

say "starting"
there systemctl stop skiffd
begin=$(now)
there systemctl start skiffd
expect '"status":"ready"' "$admin/readyz"
say "  systemctl start took $(elapsed "$begin")"
expect '"status":"ok"' "$admin/healthz"
wait_for 10 "its log says that it is ready" logged ' ready: '
ready=$(journal | sed -nE 's/^([0-9-]+)T([0-9:.]+)Z .* ready: .*/\1 \2/p') # in milliseconds
active=$(there systemctl show --value --property=ActiveEnterTimestamp --timestamp=us+utc skiffd)
[[ ! ${active#* } < $ready ]] || fail "systemd has it active at ${active#* }, before it is ready at $ready"
main=$(property MainPID)
[[ $(there stat --format=%U "/proc/$main") == skiff ]] || fail "it does not run as the user skiff"
there skiff login --data-dir /var/lib/skiff
there skiff tenants create acme >/dev/null
there skiff deploy /usr/share/doc/skiff/examples/hello.wasm --tenant acme --app web --route 'web.test/*' >/dev/null
expect 'Hello from skiff' "$app"

say "its own sandbox, within the unit's"
logged 'sandboxed: no privileges' || fail "it is not sandboxed: $(journal)"
# What the kernel does not offer is missing without a unit as well.
! journal | grep 'the sandbox is not whole' | grep --invert-match 'the kernel offers no' || fail "the unit takes from the sandbox"
say "  $(journal | grep --only-matching --extended-regexp '(sandboxed|not whole): .*')"
status=$(there cat "/proc/$main/status")
for line in 'NoNewPrivs: 1' 'Seccomp: 2' 'CapPrm: 0000000000000000' 'CapAmb: 0000000000000000'; do
  [[ ${status//$'\t'/ } == *"$line"* ]] || fail "/proc/$main/status has no '$line': $status"
done
say "  systemd-analyze security: $(there systemd-analyze --no-pager security skiffd.service | sed -n 's/.*Overall/overall/p')"

say "reloading"
cp "$root/usr/share/doc/skiff/examples/hello.wasm" "$root/etc/skiff/"
chmod 644 "$root/etc/skiff/hello.wasm"
says no_route http://file.test:8080/ || fail "there is a route already"
cat >>"$root/etc/skiff/skiff.toml" <<'END'
[[tenant]]
name = "file"
[[tenant.app]]
name = "hello"
module = "/etc/skiff/hello.wasm"
routes = ["file.test/*"]
END
there systemctl reload skiffd
wait_for 30 "the reload is taken over" says 'Hello from skiff' http://file.test:8080/
is MainPID "$main" || fail "a reload changes the process"

say "another process in its place (SIGUSR2)"
since=$(property ActiveEnterTimestampMonotonic)
sed -i 's|^listen = \["127.0.0.1:8080"|&, "127.0.0.1:80"|' "$root/etc/skiff/skiff.toml"
ask
signal_main USR2
wait_for 60 "another main process" main_is_new "$main"
wait_for 60 "the old process ends" is_gone "$main"
answered "is replaced"
[[ $(property ActiveState) == active && $(property ActiveEnterTimestampMonotonic) == "$since" && $(property NRestarts) == 0 ]] ||
  fail "the unit did not stay active"
expect 'Hello from skiff' http://web.test:80/ # a port of root's, which the first process did not have
say "  $answers requests meanwhile, all answered"

say "an upgrade of the package"
main=$(property MainPID)
ask
there dpkg --install /root/skiff.deb >"$work/dpkg" 2>&1 || fail "$(cat "$work/dpkg")"
wait_for 60 "another main process" main_is_new "$main"
wait_for 60 "the old process ends" is_gone "$main"
answered "is upgraded"
is ActiveEnterTimestampMonotonic "$since" || fail "the unit did not stay active"
say "  $answers requests meanwhile, all answered"

say "crashing, hanging"
sed -i 's|^\[server\]|&\ndrain_idle_ms = 5000|' "$root/etc/skiff/skiff.toml"
there systemctl restart skiffd
restarts_after "SIGSEGV" "status=11/SEGV" signal_main SEGV
main=$(property MainPID)
connect # what that process has to drain
signal_main USR2
wait_for 60 "another main process" main_is_new "$main"
restarts_after "SIGSEGV, while the process before it drains" "Scheduled restart" signal_main SEGV
request_late >/dev/null
main=$(property MainPID)
signal_main USR2
wait_for 60 "the old process ends" is_gone "$main"
restarts_after "SIGSEGV of one that had taken another's place" "Scheduled restart" signal_main SEGV
for ((round = 0; round < 6; ++round)); do # more often than systemd lets a service by default
  main=$(property MainPID)
  signal_main SEGV
  wait_for 60 "another process after a crash" main_is_new "$main"
done
wait_for 60 "the app answers again after six crashes in a row" says 'Hello from skiff' "$app"
drop_in skiffd.service '[Service]' WatchdogSec=5
there systemctl restart skiffd
restarts_after "SIGSTOP, with WatchdogSec=5" "Watchdog timeout" signal_main STOP
main=$(property MainPID)
signal_main USR2
wait_for 60 "the old process ends" is_gone "$main"
life=$(property WatchdogTimestampMonotonic)
has_life() { (($(property WatchdogTimestampMonotonic) > life)); }
wait_for 10 "the watchdog hears of the process that has taken another's place" has_life
drop_in skiffd.service

say "the access log in a file, rotated"
sed -i 's|^access_log = .*|access_log = "/var/log/skiff/access.log"|' "$root/etc/skiff/skiff.toml"
there systemctl restart skiffd
log=$root/var/log/skiff/access.log
ask
for ((round = 0; round < 2; ++round)); do
  wait_for 10 "lines in $log" test -s "$log"
  there logrotate --force /etc/logrotate.d/skiff
done
wait_for 10 "lines in the new $log" test -s "$log"
answered "rotates its log"
[[ -f $log.1 && -f $log.2.gz ]] || fail "logrotate has left only: $(ls "${log%/*}")"
lines() { { cat "$log" "$log.1"; gzip --decompress --stdout "$log.2.gz"; } | grep --count '^{.*"host":"web.test".*}$'; }
all_logged() { (($(lines) == answers)); }
wait_for 10 "$answers lines in access.log, access.log.1 and access.log.2.gz" all_logged
[[ $(there stat --format='%U:%G %a' /var/log/skiff/access.log) == 'skiff:skiff 640' ]] || fail "owner or mode of the new file is wrong"
say "  $answers requests, as many lines in three files"

say "systemd's sockets"
there systemctl stop skiffd
drop_in skiffd.socket '[Socket]' ListenStream=127.0.0.1:9090
there systemctl enable --quiet --now skiffd.socket
is ActiveState inactive || fail "skiffd is $(property ActiveState) before anybody has connected"
begin=$(now)
expect 'Hello from skiff' "$app"
say "  who connected while it was stopped was answered after $(elapsed "$begin")"
expect '"status":"ready"' "$admin/readyz"
! logged 'is not used' || fail "a socket of the unit is not used"
ask
there systemctl restart skiffd
answered "is stopped and started"
say "  $answers requests around systemctl restart, all answered"
main=$(property MainPID)
ask
signal_main USR2
wait_for 60 "another main process" main_is_new "$main"
wait_for 60 "the old process ends" is_gone "$main"
answered "is replaced"
there systemctl stop skiffd.socket skiffd

say "stopping"
drains() { [[ $(there journalctl --quiet --no-pager --output=cat "_PID=$1") == *' draining: '* ]]; }
# stops WHOM: it drains, and ends with success.
stops() {
  local begin last main
  main=$(property MainPID)
  connect
  begin=$(now)
  there systemctl stop --no-block skiffd
  wait_for 10 "draining" drains "$main"
  last=$(request_late) || fail "a connection is not closed while $1 drains"
  [[ $last == *'Connection: close'*'Hello from skiff'* ]] || fail "while $1 drains, a connection that was there is answered: $last"
  wait_for 60 "stopped" is ActiveState inactive
  [[ $(property Result) == success && $(property ExecMainCode) == 1 && $(property ExecMainStatus) == 0 ]] ||
    fail "$1 ended with $(property Result), status $(property ExecMainStatus)"
  say "  $1 drained and ended with success after $(elapsed "$begin")"
}
there systemctl start skiffd
stops skiffd
there systemctl start skiffd
main=$(property MainPID)
signal_main USR2
wait_for 60 "the old process ends" is_gone "$main"
stops "one that had taken another's place"

say "removing"
there systemctl start skiffd
there dpkg --purge skiff >"$work/dpkg" 2>&1 || fail "$(cat "$work/dpkg")"
is ActiveState inactive || fail "a purge leaves it running"
[[ ! -e $root/etc/skiff/skiff.toml && -d $root/var/lib/skiff ]] || fail "purge leaves the wrong things"
say "all is well"
