#!/bin/sh
# Provisions a new device against the stack that docker-compose.yml started, until it is ready.
set -eu
umask 077
cd /tmp

device=try-$(od -An -v -N4 -tx1 /dev/urandom | tr -d ' \n')
say() { printf '\n--- %s\n' "$*"; }

say "an operator enrols the device $device with a key of its own"
latchkey enroll device "$device" --generate-key "$device.key" --device-config '{"report_interval_s":60}'

say 'the device requests a credential, connects with it and gets its configuration'
# A device repeats its request until it is answered, so it may start before the service.
latchkey-device provision "$device" --key-file "$device.key" --dir "$device" --timeout 120

say 'the row of the device in the registry, and its request in the ledger'
psql -X -q -x -P pager=off -v ON_ERROR_STOP=1 -v device="$device" "$LATCHKEY_DB_URL" <<'SQL'
SELECT device_id, state, online, generation, attributes, requested_at, registered_at, credentials_sent_at, connected_at, ready_at
  FROM registry.devices WHERE device_id = :'device';
SELECT tracking_id, received_at, decision, latency_us FROM registry.attempts WHERE device_id = :'device';
SQL

say 'the device has stopped; the rest keeps running'
/usr/share/latchkey/summary.sh
