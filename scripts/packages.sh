# shellcheck shell=bash disable=SC2034  # need names the lists
# Debian's packages: which there are, and how what is missing of them gets here. Sourced by ./dev.

program_packages=(g++ cmake ninja-build ccache pkg-config libssl-dev libpaho-mqtt-dev libpaho-mqttpp-dev libpqxx-dev
  nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libsystemd-dev libfmt-dev libmicrohttpd-dev
  prometheus-cpp-dev)
# What the stack of ./dev demo and ./dev up runs, and what runs it.
server_packages=(mosquitto postgresql python3)
test_packages=(catch2 libbenchmark-dev libmosquitto-dev libmbedtls-dev valgrind mosquitto-clients mosquitto-dev openssl pgbouncer jose python3-paho-mqtt
  python3-cryptography python3-jwcrypto python3-psycopg2 python3-jsonschema
  python3-yaml prometheus systemd faketime golang-go)
fuzz_packages=(clang-19 libclang-rt-19-dev)
page_packages=(chromium)
# libclang and llvm: for what clang-tidy is given by tests/lint/own_declarations.cpp.
lint_packages=(clang-tidy-19 clang-format-19 libclang-19-dev llvm-19-dev shellcheck)
arm64_packages=(g++-aarch64-linux-gnu qemu-user)

missing() {  # missing PACKAGE...: those of them that are not installed
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# Installing a server's package starts it. Ours are wanted as programs only: on systemd they are masked until the next
# boot while apt works and left disabled; elsewhere they are stopped. A server that was here before is not touched.
without_services() {  # without_services COMMAND...
  local name result=0 fresh=()
  for name in mosquitto postgresql prometheus pgbouncer; do
    [ -e "/etc/init.d/$name" ] || [ -e "/lib/systemd/system/$name.service" ] || fresh+=("$name")
  done
  if [ ${#fresh[@]} -eq 0 ]; then
    "$@" || result=$?
  elif [ -d /run/systemd/system ]; then
    as_root systemctl mask --quiet --runtime "${fresh[@]}"
    "$@" || result=$?
    as_root systemctl unmask --quiet --runtime "${fresh[@]}"
    as_root systemctl disable --quiet "${fresh[@]}" || true
  else
    "$@" || result=$?
    for name in "${fresh[@]}"; do
      if [ -e "/etc/init.d/$name" ]; then as_root "/etc/init.d/$name" stop || true; fi
    done
  fi
  return "$result"
}

apt_get() {  # waits for another apt that is at work, but not for ever
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"
}

apt_updated=
apt_install() {
  [ -n "$apt_updated" ] || apt_get update || return
  apt_updated=yes
  apt_get install -y --no-install-recommends "$@"
}

packages_of() {  # packages_of LIST...: the packages of these lists, a line each
  local name
  for name in "$@"; do
    local -n list=${name}_packages
    printf '%s\n' "${list[@]}"
  done
}

absent=()
look_for() {  # look_for LIST...: `absent` is what has to be installed, and may be
  local names
  mapfile -t names < <(packages_of "$@")
  absent=()
  command -v dpkg-query >/dev/null || { say "this is not Debian: install the equivalents of ${names[*]}"; return; }
  mapfile -t absent < <(missing "${names[@]}")
  if [ ${#absent[@]} -gt 0 ] && [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "run as root: apt-get install ${absent[*]}"
    sudo -v  # asks for a password here, not beside a build
  fi
}

install_absent() {
  local log
  log=$(mktemp)
  without_services apt_install "${absent[@]}" >"$log" 2>&1 </dev/null || { cat "$log" >&2; die "apt could not install ${absent[*]}"; }
  rm -f "$log"
}

need() {  # need LIST...
  look_for "$@"
  [ ${#absent[@]} -gt 0 ] || return 0
  say "installing ${absent[*]}"
  install_absent
}

# need_beside LIST... -- COMMAND...: installs what is missing while COMMAND, which does without, runs. Ctrl-C ends COMMAND;
# apt is left to finish, since half an installation is worse than none.
installing=
need_beside() {
  local lists=()
  while [ "$1" != -- ]; do
    lists+=("$1")
    shift
  done
  look_for "${lists[@]}"
  if [ ${#absent[@]} -eq 0 ]; then
    "${@:2}"
    return
  fi
  say "installing ${absent[*]} at the same time"
  (
    trap '' INT TERM HUP
    install_absent
  ) &
  installing=$!
  trap await_installation EXIT
  trap 'exit 130' INT TERM
  "${@:2}"
  await_installation || exit 1
  trap - EXIT INT TERM
}

await_installation() {
  [ -n "$installing" ] || return 0
  local job=$installing
  installing=
  if kill -0 "$job" 2>/dev/null; then say "waiting for apt"; fi
  wait "$job"
}
