# shellcheck shell=bash
# Configuring and building. Sourced by ./dev.

# One folder with and without tests, so that the programs are compiled once.
configure() {  # configure PRESET ON|OFF: with or without tests. ninja notices changes of a CMakeLists.txt.
  if [ "build/$1/build.ninja" -nt CMakePresets.json ]; then
    [ "$2" = OFF ] || ! grep -qx 'BUILD_TESTING:BOOL=OFF' "build/$1/CMakeCache.txt" || cmake "build/$1" -DBUILD_TESTING=ON
  else
    cmake --preset "$1" -DBUILD_TESTING="$2"
  fi
}

# Two ninja processes must not share a folder: the second waits for the first.
compile() (  # compile PRESET ON|OFF [TARGET...]
  flock -w 1800 9 || die "another build of build/$1 has not ended within 30 minutes"
  configure "$1" "$2" && cmake --build --preset "$1" -j "$(nproc)" ${3:+--target "${@:3}"}
) 9>"build/$1/.lock"

run_build() {  # run_build PRESET ON|OFF [TARGET...]: everything, if no target is named
  local log=build/$1/build.log
  mkdir -p "build/$1"
  if [ ! -e "build/$1/build.ninja" ]; then say "building build/$1; the first build takes minutes (log: $log)"; fi
  if ! compile "$@" 2>&1 | tee "$log" | show_progress; then
    grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "$log" | tail -n 150 >&2
    die "the build failed: see $log"
  fi
}

# Shows ninja's progress: on a terminal one line that is overwritten, elsewhere one line every 15 s.
show_progress() {
  local line width=80 last=$SECONDS
  if [ -t 2 ]; then width=$(stty size 2>/dev/null </dev/tty | cut -d' ' -f2) || width=80; fi
  while IFS= read -r line; do
    [[ $line =~ ^(\[[0-9]+/[0-9]+\])\ Building\ CXX\ object\ ([^ ]*)CMakeFiles/[^/]*/(.*)\.o$ ]] || continue
    line="${BASH_REMATCH[1]} building ${BASH_REMATCH[2]}${BASH_REMATCH[3]}"
    if [ -t 2 ]; then
      printf '\r\e[K%s' "${line:0:width - 1}" >&2
    elif [ $((SECONDS - last)) -ge 15 ]; then
      say "$line"
      last=$SECONDS
    fi
  done
  if [ -t 2 ]; then printf '\r\e[K' >&2; fi
}

build() {  # build [PRESET]: everything
  local preset=${1:-dev}
  case $preset in
    dev | release | asan | tsan) need program server test ;;
    arm64) prepare_arm64 ;;
    *) code=64 die "unknown preset $preset: use dev, release, asan, tsan or arm64" ;;
  esac
  run_build "$preset" ON
}

build_program() {  # builds the service and the device, and installs the servers at the same time
  need program
  need_beside server -- run_build dev OFF latchkey latchkey-device latchkey_gate
}
