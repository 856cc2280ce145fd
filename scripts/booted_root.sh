# Sourced after scripts/debian_root.sh: boots systemd in $root, in namespaces of its own: of processes, mounts, network (lo alone),
# names, IPC and cgroups.

cgroup= # where the booted system's processes are
shell=  # the number of the process that waits for its first one
init=   # that one's, as seen from here

# wait_for SECONDS WHAT COMMAND...: until it succeeds.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  until "${@:3}"; do
    ((SECONDS < end)) || fail "not within $1 s: $what"
    sleep 0.05
  done
}

# The first process of new namespaces, as unshare has started it, becomes systemd, with $root as all that it sees.
become_init() {
  set -euo pipefail
  ip link set lo up
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  # Read-only: these settings are this machine's, and systemd leaves alone what it cannot write to.
  mount --bind "$root/proc/sys" "$root/proc/sys"
  mount -o remount,bind,ro "$root/proc/sys"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  local device
  for device in 'null c 1 3' 'zero c 1 5' 'full c 1 7' 'random c 1 8' 'urandom c 1 9' 'tty c 5 0'; do
    mknod --mode=666 "$root/dev/"$device
  done
  ln -s pts/ptmx "$root/dev/ptmx"
  cd "$root"
  pivot_root . mnt
  umount --lazy /mnt
  exec /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=skiff-test /lib/systemd/systemd --unit=multi-user.target
}

# boot FILE: what its first process prints goes there. power_off must follow, however the script ends.
boot() {
  console=$1
  cgroup=$(findmnt --noheadings --first-only --types cgroup2 --output TARGET) || fail "this machine has no cgroups of version 2"
  cgroup+=$(sed -n 's/^0:://p' /proc/self/cgroup)
  cgroup=${cgroup%/}/$(basename "$root")
  mkdir "$cgroup"
  export root cgroup
  export -f become_init
  unshare --fork --kill-child --pid --mount --uts --ipc --net \
    bash -c 'echo 0 >"$cgroup/cgroup.procs" && exec unshare --cgroup bash -c become_init' </dev/null >"$console" 2>&1 &
  shell=$!
  wait_for 10 "systemd as the first process of new namespaces" is_booting
}
is_booting() {
  kill -0 "$shell" 2>/dev/null || fail "cannot boot: $(cat "$console")"
  init=$(pgrep --parent "$shell") && [[ $(<"/proc/$init/comm") == systemd ]]
}
power_off() {
  [[ -z $init ]] || kill -KILL "$init" 2>/dev/null || true # and with it whatever it has started
  [[ -z $shell ]] || wait "$shell" || true
  [[ ! -d $cgroup ]] || find "$cgroup" -depth -type d -exec rmdir {} + || fail "cannot remove $cgroup"
}

# there COMMAND...: in the booted system. by_net COMMAND...: a program of this machine, in its network.
there() {
  timeout 120 nsenter --target "$init" --mount --uts --ipc --net --pid --cgroup --root --wd \
    /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"
}
by_net() { nsenter --target "$init" --net "$@"; }
