# Sourced by the scripts that try the package in a clean Debian 12. SKIFF_DEBIAN_MIRROR names another mirror; SKIFF_DEBIAN_ROOT a
# folder with a minimal Debian 12 to begin with, which is copied.

say() { echo "$(basename "$0"): $1"; }
fail() {
  say "$1" >&2
  exit 1
}
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive LC_ALL=C "$@"; }

# make_debian_root: sets root, a new folder with a minimal Debian 12 whose apt reaches the archive as this machine's does.
# remove_debian_root must follow, however the script ends.
make_debian_root() {
  local mirror=${SKIFF_DEBIAN_MIRROR:-http://deb.debian.org/debian} file
  ((EUID == 0)) || fail "must be root, for debootstrap and chroot"
  root=$(mktemp -d --tmpdir skiff-root.XXXXXX)
  chmod 755 "$root" # others than root work in there
  if [[ -n ${SKIFF_DEBIAN_ROOT:-} ]]; then
    cp -a "$SKIFF_DEBIAN_ROOT/." "$root/"
  else
    debootstrap --variant=minbase bookworm "$root" "$mirror" >"$root.log" 2>&1 || fail "debootstrap failed: $(tail -n 3 "$root.log")"
    rm -f "$root.log"
  fi
  mount --bind /dev "$root/dev"
  mount -t proc proc "$root/proc"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # How this machine reaches the archive: proxies, certificates.
  for file in /etc/apt/apt.conf.d/*; do
    if grep -qiE 'proxy|cainfo|verify' "$file"; then cp "$file" "$root/etc/apt/apt.conf.d/"; fi
  done
  if [[ -d /usr/local/share/ca-certificates ]]; then cp -a /usr/local/share/ca-certificates "$root/usr/local/share/"; fi
  inside apt-get update -qq || fail "apt-get update failed in the clean root"
}

# install_in_root NAME...: packages of Debian, or files in there.
install_in_root() {
  inside apt-get install -qq --yes --no-install-recommends "$@" >"$root/tmp/apt.log" 2>&1 || fail "$(tail -n 20 "$root/tmp/apt.log")"
}

# close_debian_root: nothing runs in it, and nothing is mounted in it.
close_debian_root() {
  local process
  # Whatever was left in there: by its number, if its root is this one.
  for process in /proc/[0-9]*; do
    [[ $(readlink "$process/root" 2>/dev/null) != "$root" ]] || kill -KILL "${process#/proc/}" 2>/dev/null || true
  done
  umount "$root/dev" "$root/proc" 2>/dev/null || true
  if mountpoint -q "$root/dev" || mountpoint -q "$root/proc"; then
    fail "cannot unmount what is in $root: remove it by hand, after unmounting"
  fi
}
remove_debian_root() {
  [[ -n ${root:-} ]] || return 0
  close_debian_root
  rm -rf --one-file-system "$root"
}
