# shellcheck shell=bash
# Builds the program of the previous version, for the upgrade test. Sourced by ./dev.

build_previous() {  # from the commit named in tests/registry/releases/previous
  local commit log=build/previous/build.log
  commit=$(cat tests/registry/releases/previous)
  [ "$(cat build/previous/commit 2>/dev/null)" != "$commit" ] || return 0
  say "building the previous version, ${commit:0:7} (log: $log)"
  rm -rf build/previous
  mkdir -p build/previous/source
  git archive "$commit" | tar -x -C build/previous/source || die "this clone does not have the commit $commit: fetch its history"
  if ! { cmake -S build/previous/source -B build/previous/build -G Ninja -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DBUILD_TESTING=OFF &&
    cmake --build build/previous/build -j "$(nproc)" --target latchkey; } 2>&1 | tee "$log" | show_progress; then
    tail -n 50 "$log" >&2
    die "the build failed: see $log"
  fi
  printf '%s\n' "$commit" >build/previous/commit
}
