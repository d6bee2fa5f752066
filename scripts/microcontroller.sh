# shellcheck shell=bash
# Mbed TLS for a Cortex-M. Sourced by ./dev.

microcontroller_home=$PWD/build/microcontroller

# Debian has no cross-compiled Mbed TLS for microcontrollers. The library of armhf has Thumb-2 instructions that a Cortex-M4 has too
# (tests/microcontroller/firmware.py).
prepare_microcontroller() {
  local log=$microcontroller_home/apt.log
  need microcontroller
  [ ! -e "$microcontroller_home/mbedtls" ] || return 0
  say "unpacking Mbed TLS for armhf (log: $log)"
  mkdir -p "$microcontroller_home"
  unpack_mbedtls >"$log" 2>&1 || { cat "$log" >&2; die "Mbed TLS for armhf could not be unpacked"; }
}

unpack_mbedtls() {
  prepare_foreign_apt "$microcontroller_home" || return
  # If only the list of another archive is missing, the download succeeds nevertheless.
  foreign_apt armhf "$microcontroller_home" update || true
  (cd "$microcontroller_home" && foreign_apt armhf "$microcontroller_home" download libmbedtls-dev) || return
  rm -rf "$microcontroller_home/unpacked"
  dpkg-deb --extract "$microcontroller_home"/libmbedtls-dev_*_armhf.deb "$microcontroller_home/unpacked" || return
  rm -f "$microcontroller_home"/libmbedtls-dev_*_armhf.deb
  mv "$microcontroller_home/unpacked" "$microcontroller_home/mbedtls"
}
