# Sourced by the scripts that take packages from Debian releases, or kinds of packages, that this machine
# is not set up for.

# apt_source TYPE SUITE: the entry of apt's configuration that this machine takes Debian 12's main
# packages from, changed to the type (deb or deb-src) and suite given: mirror, keys and options stay as
# they are. First line: the ending of the file's name that such an entry belongs in. Fails if there is none,
# also if apt has not read its package lists yet. apt_options may hold options for apt-get.
apt_options=()
apt_source() {
  local type=$1 suite=$2 entry file number
  entry=$(apt-get "${apt_options[@]}" indextargets --format '$(SOURCESENTRY)' 'Created-By: Packages' 'Origin: Debian' \
    'Codename: bookworm' 'Component: main' 2>/dev/null | head -n 1)
  [[ -n $entry ]] || return 1
  file=${entry%:*} number=${entry##*:}
  if [[ $file == *.sources ]]; then # number is the stanza's
    echo sources
    grep -v '^#' "$file" | awk -v number="$number" -v type="$type" -v suite="$suite" '
      BEGIN { RS = ""; FS = "\n" }
      NR == number {
        print "Types: " type "\nSuites: " suite "\nComponents: main"
        for (i = 1; i <= NF; i++) {
          if ($i !~ /^[ \t]/) keep = tolower($i) !~ /^(types|suites|components):/
          if (keep) print $i
        }
      }'
  else # number is the line's
    echo list
    sed -nE "${number}s/^[[:space:]]*deb[[:space:]]+(\[[^]]*\][[:space:]]+)?([^[:space:]]+)[[:space:]].*/$type \1\2 $suite main/p" "$file"
  fi
}
