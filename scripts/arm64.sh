# shellcheck shell=bash
# Libraries for cross-compiling to 64-bit Arm. Sourced by ./dev.

arm64_home=$PWD/build/arm64
arm64_sysroot=$arm64_home/sysroot

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
  prepare_foreign_apt "$arm64_home" && mkdir -p "$arm64_sysroot/usr/lib" || return
  ln -s usr/lib "$arm64_sysroot/lib" || return
  foreign_apt arm64 "$arm64_home" update || return
  foreign_apt arm64 "$arm64_home" install -y --no-install-recommends --download-only "$@" </dev/null || return
  # The cross compiler has its own versions of these.
  rm -f "$arm64_home"/apt/cache/archives/{libc6-dev,linux-libc-dev,libgcc-*-dev,libstdc++-*-dev}_*.deb
  for package in "$arm64_home"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink --exclude='./usr/share/doc' --exclude='./etc' \
      -C "$arm64_sysroot" || return
  done
  rm -f "$arm64_home"/apt/cache/archives/*.deb
}
