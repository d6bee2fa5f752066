#!/bin/bash
# progress.sh COMMAND...: runs a build with ninja, prints a line for each tenth of it, and passes on all other output, such
# as warnings and errors. The build of an image has no terminal on which ninja could redraw a line.
set -euo pipefail

tenths() {
  local line tenth shown=0
  while IFS= read -r line; do
    if [[ $line =~ ^\ *([0-9]+)%\  ]]; then
      tenth=$((BASH_REMATCH[1] / 10))
      [ "$tenth" = "$shown" ] || echo "compiled ${tenth}0 %"
      shown=$tenth
    else
      printf '%s\n' "$line"
    fi
  done
}

NINJA_STATUS='%p ' "$@" | tenths
