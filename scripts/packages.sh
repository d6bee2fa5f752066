# shellcheck shell=bash disable=SC2034  # need names the lists
# The Debian packages that are needed, and how missing ones are installed. Sourced by ./dev.

program_packages=(g++ cmake ninja-build ccache pkg-config libssl-dev libpaho-mqtt-dev libpaho-mqttpp-dev libpqxx-dev
  nlohmann-json3-dev libcli11-dev libtomlplusplus-dev libspdlog-dev libsystemd-dev libfmt-dev libmicrohttpd-dev
  prometheus-cpp-dev mosquitto-dev libmosquitto-dev)
# The servers of ./dev demo and ./dev up, and Python, which runs them.
server_packages=(mosquitto postgresql python3)
test_packages=(catch2 libbenchmark-dev libmbedtls-dev valgrind mosquitto-clients openssl pgbouncer jose python3-paho-mqtt
  python3-cryptography python3-jwcrypto python3-psycopg2 python3-jsonschema
  python3-yaml prometheus systemd faketime golang-go zsh fish)
fuzz_packages=(clang-19 libclang-rt-19-dev)
page_packages=(chromium)
microcontroller_packages=(gcc-arm-none-eabi libnewlib-arm-none-eabi gcc-riscv64-unknown-elf qemu-system-arm)
node_packages=(nodejs npm)
brands_packages=(rabbitmq-server ejabberd)
# libclang and llvm: for the plugin tests/lint/own_declarations.cpp.
lint_packages=(clang-tidy-19 clang-format-19 libclang-19-dev llvm-19-dev shellcheck)
arm64_packages=(g++-aarch64-linux-gnu qemu-user)

missing() {  # missing PACKAGE...: prints those that are not installed
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p') || true
  comm -23 <(printf '%s\n' "$@" | sort -u) <(sort -u <<<"$installed")
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# apt starts a server when it installs its package, but only the programs are needed. With systemd, the new servers are masked
# while apt runs, then disabled; elsewhere they are stopped. A server that was installed before is not touched.
without_services() {  # without_services COMMAND...
  local name result=0 fresh=()
  for name in mosquitto postgresql prometheus pgbouncer rabbitmq-server ejabberd; do
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

apt_get() {  # waits at most 300 s for another apt
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"
}

apt_updated=
apt_install() {
  [ -n "$apt_updated" ] || apt_get update || return
  apt_updated=yes
  apt_get install -y --no-install-recommends "$@"
}

# For packages of another architecture that are only unpacked, apt gets a separate state: as foreign packages of this machine (dpkg
# --add-architecture) some libraries would replace the machine's own. Nothing is installed, and no root is needed.
prepare_foreign_apt() {  # prepare_foreign_apt FOLDER
  mkdir -p "$1/apt/lists/partial" "$1/apt/cache/archives/partial" && : >"$1/apt/status"
}

foreign_apt() {  # foreign_apt ARCHITECTURE FOLDER ARGUMENT...
  apt-get -qq -o "APT::Architecture=$1" -o "APT::Architectures=$1" -o "Dir::State=$2/apt" -o "Dir::State::status=$2/apt/status" \
    -o "Dir::Cache=$2/apt/cache" -o Debug::NoLocking=1 "${@:3}"
}

packages_of() {  # packages_of LIST...: prints the packages of these lists, one a line
  local name
  for name in "$@"; do
    local -n list=${name}_packages
    printf '%s\n' "${list[@]}"
  done
}

absent=()
look_for() {  # look_for LIST...: sets `absent` to the packages to install, and checks that this is possible
  local names
  mapfile -t names < <(packages_of "$@")
  absent=()
  command -v dpkg-query >/dev/null || { say "this is not Debian: install the equivalents of ${names[*]}"; return; }
  mapfile -t absent < <(missing "${names[@]}")
  if [ ${#absent[@]} -gt 0 ] && [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "run as root: apt-get install ${absent[*]}"
    sudo -v  # asks for the password now, not during a build
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

# need_beside LIST... -- COMMAND...: installs missing packages while COMMAND, which does not need them, runs. Ctrl-C ends
# COMMAND; apt finishes, because an interrupted installation leaves broken packages.
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
