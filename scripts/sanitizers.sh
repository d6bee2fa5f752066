# shellcheck shell=bash
# Where the sanitizers' reports of a test run go, and how they are shown. Sourced by ./dev.

# A folder that the account of the tests' programs may write to, wherever the checkout is.
collect_reports() {
  local suppressed=$PWD/tests/sanitizers
  reports=$(mktemp -d) && chmod 1777 "$reports"
  # What is not compiled by us is not instrumented: what it reads and writes by functions of libc is not looked at.
  export TSAN_OPTIONS="log_path=$reports/report:suppressions=$suppressed/tsan.supp:ignore_noninstrumented_modules=1"
  # faketime is preloaded before the runtime of the sanitizer.
  export ASAN_OPTIONS="log_path=$reports/report:verify_asan_link_order=0"
  export LSAN_OPTIONS="suppressions=$suppressed/lsan.supp:print_suppressions=0"
  export UBSAN_OPTIONS="log_path=$reports/report:print_stacktrace=1"
}

show_reports() {  # show_reports FOLDER: moves them there; fails if there are any
  rm -rf "$1"
  mv "$reports" "$1"
  [ -n "$(ls -A "$1")" ] || return 0
  grep -hE '^(SUMMARY|.*runtime error)' "$1"/* | sort | uniq -c | sort -rn >&2 || true
  say "the sanitizers reported: see $1"
  return 1
}
