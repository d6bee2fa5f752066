#!/usr/bin/env bash
# docker-compose.yml for real: on a fresh installation `try`, then every command of README.md and docs/deploy.md, and what
# that page promises; then it is all removed. What stays is the image's layers, which the next build starts from. Without a Docker
# engine it says so, and that is no failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

say() { printf '\n--- %s\n' "$*"; }
die() {
  echo "compose-test: $*" >&2
  exit 1
}

if docker compose version >/dev/null 2>&1; then
  compose() { command docker compose "$@"; }
else
  compose() { command docker-compose "$@"; }
fi
# As docs/deploy.md writes it, whichever of the two there is.
docker() {
  if [ "$1" = compose ]; then compose "${@:2}"; else command docker "$@"; fi
}
if ! docker info >/dev/null 2>&1 || ! compose version >/dev/null 2>&1; then
  echo "compose-test: no Docker engine with compose answers here, so the stack was not tried"
  exit 0
fi
compose version

# A project of its own on free ports: an installation on this machine is neither touched nor in the way.
read -r LATCHKEY_BOOTSTRAP_PORT LATCHKEY_DEVICE_PORT LATCHKEY_POSTGRES_PORT LATCHKEY_PAGE_PORT < <(
  PYTHONPATH=tests/support /usr/bin/python3 -c 'from ports import free_port as p; print(p(), p(), p(), p())')
export COMPOSE_FILE=$root/docker-compose.yml COMPOSE_PROJECT_NAME=latchkey-test-$$ LATCHKEY_IMAGE=latchkey:test-$$
export LATCHKEY_BOOTSTRAP_PORT LATCHKEY_DEVICE_PORT LATCHKEY_POSTGRES_PORT LATCHKEY_PAGE_PORT
folder=$(mktemp -d)

sql() { compose exec -T postgres psql -U operator -d latchkey -v ON_ERROR_STOP=1 "$@"; }
cli() { compose run --rm -T cli "$@"; }
ours() { # ours KIND...: what the engine holds of this project
  docker "$@" --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" --quiet
}
inspect() { docker inspect --format "$1" "$2"; }

finish() {
  result=$?
  trap - EXIT
  if [ "$result" != 0 ]; then compose logs --tail 40 >&2 || true; fi
  say 'down'
  compose down -v --remove-orphans
  if [ -n "$(ours ps -a)$(ours volume ls)$(ours network ls)" ]; then
    echo 'compose-test: something is left of it' >&2
    result=1
  fi
  docker image rm --no-prune "$LATCHKEY_IMAGE" "$LATCHKEY_IMAGE-device" >/dev/null || true
  rm -rf "$folder"
  if [ "$result" = 0 ]; then say 'passed: all of it is removed'; fi
  exit "$result"
}

# --- what is looked at

healthy() { # healthy SERVICE COUNT: so many containers of it are, soon
  local deadline=$((SECONDS + 60)) id found
  while :; do
    found=0
    for id in $(compose ps -q "$1"); do
      [ "$(inspect '{{.State.Health.Status}}' "$id")" != healthy ] || found=$((found + 1))
    done
    [ "$found" != "$2" ] || return 0
    [ $SECONDS -lt $deadline ] || die "$found of $2 containers of $1 are healthy"
    sleep 0.5
  done
}

contained() { # every container of the project, those that ended included
  local id what
  for id in $(ours ps -a); do
    what=$(inspect '{{index .Config.Labels "com.docker.compose.service"}} user={{.Config.User}} read_only={{.HostConfig.ReadonlyRootfs}} drop={{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} memory={{.HostConfig.Memory}} cpus={{.HostConfig.NanoCpus}} pids={{.HostConfig.PidsLimit}}' "$id")
    echo "$what"
    grep -Eq 'user=[a-z1-9].* read_only=true drop=\[ALL\] \[no-new-privileges:true\] memory=[1-9][0-9]* cpus=[1-9][0-9]* pids=[1-9]' <<<"$what" ||
      die "this one is not contained"
    [[ $what = init\ * || $what != *user=root* ]] || die 'this one is root'
  done
}

published() { # what can be reached from the outside, sorted
  local id
  for id in $(ours ps); do
    # shellcheck disable=SC2016 # Go's template
    inspect '{{range $port, $hosts := .NetworkSettings.Ports}}{{range $hosts}}{{.HostIp}}:{{.HostPort}} {{end}}{{end}}' "$id"
  done | tr ' ' '\n' | grep -v '^::\|^$' | sort
}

got() { # got CONTAINER PATH [TOKEN]: what it answers by HTTP, on the port that it has on this machine
  local address
  address=$(docker port "$1" 9464)
  # shellcheck disable=SC2016 # the script is the inner shell's
  timeout 10 bash -c 'exec 3<>"/dev/tcp/${1%:*}/${1##*:}"
    printf "GET %s HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n" "$2" "$3" >&3; cat <&3' got "$address" "$2" "${3:-none}"
}

answered() { # answered CONTAINER: how many requests this replica accepted, by its own metrics
  got "$1" /metrics |
    awk '/^latchkey_requests_total{.*status="accepted"/ { n += $NF } END { print n + 0 }'
}

fleet() { # fleet PREFIX COUNT: so many devices of a group, one after the other; ends when all are ready
  # shellcheck disable=SC2016 # the script is the container's shell's
  compose run --rm -T --entrypoint sh device -euc '
    for i in $(seq "$2"); do
      (umask 077; latchkey enroll derive-key "$1-$i" --group-key-file fleet.key >"$1-$i.key")
      latchkey-device provision "$1-$i" --group fleet --key-file "$1-$i.key" --dir "$1-$i" --timeout 60 2>&1 | tail -n 1
    done' fleet "$@"
}

# --- the test

documented() { # documented PAGE: its commands for compose up to "Down", in their order; what they write goes to a folder that is removed
  /usr/bin/python3 - "$1" >"$folder/script" <<'END'
import re, sys
page = open(sys.argv[1]).read().split("\n## Down")[0]
blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
print("".join(block for block in blocks if "docker " in block))
END
  export -f docker compose
  (cd "$folder" && bash -euv script)
}

written() { # what docs/deploy.md has its reader take out of the volumes
  if [ ! -s "$folder/secrets/installation.tar" ] || [ ! -s "$folder/secrets/latchkey.dump" ]; then die 'a backup is empty'; fi
  grep -q 'BEGIN CERTIFICATE' "$folder/secrets/server-ca.pem" || die 'there is no server CA'
}

replicas() { # three serve, one dies, and nobody is left without an answer
  local id ids before fleet_pid
  healthy latchkey 3
  cli enroll group fleet --generate-key fleet.key
  fleet calm 12
  mapfile -t ids < <(compose ps -q latchkey)
  for id in "${ids[@]}"; do
    echo "${id:0:12} accepted $(answered "$id")"
    [ "$(answered "$id")" -gt 0 ] || die 'this replica answered nobody'
  done
  fleet storm 12 &
  fleet_pid=$!
  before=$(inspect '{{.State.Pid}}' "${ids[1]}")
  within_fleet storm-2
  # Not by `docker kill`, which tells the engine that it was meant.
  if [ "$(id -u)" = 0 ]; then kill -9 "$before"; else sudo kill -9 "$before"; fi
  echo "killed ${ids[1]:0:12}"
  wait "$fleet_pid"
  [ "$(sql -At -c "SELECT count(*) FROM registry.devices WHERE group_name = 'fleet' AND state = 'ready'")" = 24 ] ||
    die 'a device is not ready'
  healthy latchkey 3
  [ "$(inspect '{{.State.Pid}}' "${ids[1]}")" != "$before" ] || die 'the dead one was not started anew'
}

within_fleet() { # until this device has asked: the fleet is on its way
  local deadline=$((SECONDS + 60))
  until [ "$(sql -At -c "SELECT count(*) FROM registry.attempts WHERE device_id = '$1'")" != 0 ]; do
    [ $SECONDS -lt $deadline ] || die "$1 never asked"
    sleep 0.1
  done
}

trap finish EXIT
trap 'exit 130' INT TERM

say 'try, on a fresh installation'
compose run --rm try 2>&1 | tee "$folder/try.out"
grep -Eq '^state +\| ready' "$folder/try.out" || die 'its device is not ready'
grep -Eq '^plant/try-[0-9a-f]+/telemetry/reading \{' "$folder/try.out" || die 'the platform received nothing from its device'
grep -q 'Not authorized' "$folder/try.out" || die "it may publish on another device's topic"
grep -q "http://localhost:$LATCHKEY_PAGE_PORT" "$folder/try.out" || die 'it does not say where the page is'
# docker-compose 1.29 writes three lines for each of a hundred steps of three images; what a step itself says must not come on top.
[ "$(wc -l <"$folder/try.out")" -le 450 ] || die 'nobody reads that many lines'

size() { docker image inspect --format '{{.Size}}' "$1"; }
grown=$((($(size "$LATCHKEY_IMAGE") - $(size debian:trixie-slim)) / 1000000))
say "image: $grown MB over its base"
[ "$grown" -le 60 ] || die 'that is more than 60 MB'

say 'the reference device is in an image of its own alone'
has_device() { docker run --rm --entrypoint sh "$1" -c 'command -v latchkey-device'; }
has_device "$LATCHKEY_IMAGE-device" || die 'its image does not have it'
if has_device "$LATCHKEY_IMAGE"; then die "the service's image has it"; fi

say 'every command for compose of README.md and docs/deploy.md'
documented README.md
[ "$(sql -At -c "SELECT state FROM registry.devices WHERE device_id = 'meter-7'")" = ready ] || die 'meter-7 is not ready'
documented docs/deploy.md
written
[ "$(sql -At -c "SELECT state FROM registry.devices WHERE device_id = '12345'")" = ready ] || die '12345 is not ready'

say 'the fleet page, for whoever has its password'
id=$(compose ps -q latchkey | head -n 1)
got "$id" / | grep '401' || die 'the page is open to everybody'
got "$id" / "$(compose run --rm -T --entrypoint cat cli /operator/page.password)" | grep '<title>' || die 'there is no page'

say 'contained, and two ports open to others'
contained
published
[ "$(published | grep -v '^127.0.0.1:')" = "$(printf '%s\n' "0.0.0.0:$LATCHKEY_BOOTSTRAP_PORT" "0.0.0.0:$LATCHKEY_DEVICE_PORT" | sort)" ] ||
  die 'other ports are published than should be'
[ "$(published | grep -c '^127.0.0.1:')" = 4 ] || die 'on the loopback are not just the registry and three pages'

say 'three replicas, and one dies'
replicas

say 'down and up again: no secret is made anew, so the device connects with the certificate that it has'
compose down
compose up -d
[ "$(inspect '{{.State.Health.Status}}' "$(compose ps -q latchkey)")" = healthy ] || die 'it came back before it is ready'
compose logs ready | grep "http://localhost:$LATCHKEY_PAGE_PORT" || die 'it does not say where the page is'
compose run --rm -T device provision 12345 --key-file 12345.key --dir 12345
[ "$(sql -At -c "SELECT generation FROM registry.devices WHERE device_id = '12345'")" = 1 ] || die 'it has a new certificate'

say 'another name for the broker: refused with what to do, and that does it'
if LATCHKEY_BROKER_HOST=mqtt.example compose run --rm -T --no-deps init >"$folder/renamed" 2>&1; then die 'the name was taken'; fi
grep 'docs/deploy.md, "Another name for the broker"' "$folder/renamed" || die 'it does not say what to do'
# shellcheck disable=SC2016 # backquotes of Markdown
sed -n '/^## Another name for the broker$/,/^## The image/ { /^```sh$/,/^```$/ { /^```/!p } }' docs/deploy.md >"$folder/script"
(cd "$folder" && bash -euv script)
export LATCHKEY_BROKER_HOST=mqtt.example
cli enroll device renamed --generate-key renamed.key
compose run --rm -T device provision renamed --key-file renamed.key --dir renamed
