#!/bin/bash
# progress.sh COMMAND...: runs a build by ninja and says one line for every tenth of it; all else, such as warnings and
# errors, as it comes. The build of an image has no terminal to redraw a line on.
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
