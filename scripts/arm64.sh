# shellcheck shell=bash
# Libraries for cross-compiling to 64-bit Arm. Sourced by ./dev.

# apt gets a separate state: as foreign packages of this machine (dpkg --add-architecture) some libraries would replace the
# machine's own. Nothing is installed, and no root is needed.
arm64_home=$PWD/build/arm64
arm64_sysroot=$arm64_home/sysroot

arm64_apt() {
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State=$arm64_home/apt" \
    -o "Dir::State::status=$arm64_home/apt/status" -o "Dir::Cache=$arm64_home/apt/cache" -o Debug::NoLocking=1 "$@"
}

prepare_arm64() {
  need program server test arm64
  local names log=$arm64_home/apt.log
  # Only the packages to compile and link with; programs run on this machine.
  mapfile -t names < <(packages_of program test | grep -E '^(lib|nlohmann|prometheus-cpp|catch2)' | sort)
  [ "$(cat "$arm64_sysroot/.packages" 2>/dev/null)" != "${names[*]}" ] || return 0
  say "unpacking the libraries for arm64 (log: $log)"
  mkdir -p "$arm64_home"
  rm -rf "$arm64_sysroot"
  unpack_arm64 "${names[@]}" >"$log" 2>&1 || { cat "$log" >&2; die "the libraries for arm64 could not be unpacked"; }
  printf '%s\n' "${names[*]}" >"$arm64_sysroot/.packages"
}

unpack_arm64() {  # unpack_arm64 PACKAGE...: with their dependencies
  local package
  mkdir -p "$arm64_home/apt/lists/partial" "$arm64_home/apt/cache/archives/partial" "$arm64_sysroot/usr/lib" || return
  ln -s usr/lib "$arm64_sysroot/lib" || return
  : >"$arm64_home/apt/status"
  arm64_apt update || return
  arm64_apt install -y --no-install-recommends --download-only "$@" </dev/null || return
  # The cross compiler has its own versions of these.
  rm -f "$arm64_home"/apt/cache/archives/{libc6-dev,linux-libc-dev,libgcc-*-dev,libstdc++-*-dev}_*.deb
  for package in "$arm64_home"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./etc' \
      -C "$arm64_sysroot" || return
  done
  rm -f "$arm64_home"/apt/cache/archives/*.deb
}
