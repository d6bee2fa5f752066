#!/usr/bin/env bash
# docker-compose.yml for real: build it, start it, provision one device as docs/deploy.md says, and remove it all. What
# stays is the image's layers, which the next build starts from. Without a Docker engine it says so, and that is no failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

say() { printf '\n--- %s\n' "$*"; }

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
else
  compose=(docker-compose)
fi
if ! docker info >/dev/null 2>&1 || ! "${compose[@]}" version >/dev/null 2>&1; then
  echo "compose-test: no Docker engine with compose answers here, so the stack was not tried"
  exit 0
fi

# A project of its own on free ports: an installation on this machine is neither touched nor in the way.
read -r LATCHKEY_BOOTSTRAP_PORT LATCHKEY_DEVICE_PORT LATCHKEY_POSTGRES_PORT < <(
  PYTHONPATH=tests/support /usr/bin/python3 -c 'from ports import free_port as p; print(p(), p(), p())')
export COMPOSE_PROJECT_NAME=latchkey-test-$$ LATCHKEY_IMAGE=latchkey:test
export LATCHKEY_BOOTSTRAP_PORT LATCHKEY_DEVICE_PORT LATCHKEY_POSTGRES_PORT

sql() { "${compose[@]}" exec -T postgres psql -U operator -d latchkey -v ON_ERROR_STOP=1 "$@"; }
cli() { "${compose[@]}" run --rm -T cli "$@"; }
ours() { # ours KIND: what the engine holds of this project
  docker "$@" --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --quiet
}

finish() {
  result=$?
  trap - EXIT
  if [ "$result" != 0 ]; then "${compose[@]}" logs --tail 40 >&2 || true; fi
  say 'down'
  "${compose[@]}" down -v --remove-orphans
  if [ -n "$(ours ps -a)$(ours volume ls)$(ours network ls)" ]; then
    echo 'compose-test: something is left of it' >&2
    result=1
  fi
  if [ "$result" = 0 ]; then say 'passed: all of it is removed'; fi
  exit "$result"
}
trap finish EXIT
trap 'exit 130' INT TERM

say 'up'
"${compose[@]}" up -d --build
"${compose[@]}" ps
size() { docker image inspect --format '{{.Size}}' "$1"; }
echo "image: $((($(size "$LATCHKEY_IMAGE") - $(size debian:trixie-slim)) / 1000000)) MB over its base"

say 'one device, enrolled and provisioned'
cli enroll device 12345 --generate-key 12345.key --config '{"report_interval_s":60}'
cli device provision 12345 --key-file 12345.key --dir 12345

say 'its row'
sql -x -c "SELECT device_id, state, generation, registered_at, connected_at, ready_at FROM registry.devices"
[ "$(sql -At -c "SELECT state FROM registry.devices WHERE device_id = '12345'")" = ready ]

say 'down and up again: no secret is made anew, so the device connects with the certificate that it has'
"${compose[@]}" down
"${compose[@]}" up -d
cli device provision 12345 --key-file 12345.key --dir 12345
[ "$(sql -At -c "SELECT generation FROM registry.devices WHERE device_id = '12345'")" = 1 ]
