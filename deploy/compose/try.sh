#!/bin/sh
# One device, from nothing to ready, against the stack that docker-compose.yml started. A device of its own each time.
set -eu
umask 077
cd /tmp

device=try-$(od -An -v -N4 -tx1 /dev/urandom | tr -d ' \n')
say() { printf '\n--- %s\n' "$*"; }

say "an operator lets the device $device in, by a key of its own"
latchkey enroll device "$device" --generate-key "$device.key" --device-config '{"report_interval_s":60}'

say 'the device asks for a credential, connects with it, and gets its configuration'
# A device repeats its request until it is answered: it may come before the service does.
latchkey-device provision "$device" --key-file "$device.key" --dir "$device" --timeout 120

say 'its row in the registry, and the request in the ledger'
psql -X -q -x -P pager=off -v ON_ERROR_STOP=1 -v device="$device" "$LATCHKEY_DB_URL" <<'SQL'
SELECT device_id, state, online, generation, attributes, requested_at, registered_at, credentials_sent_at, connected_at, ready_at
  FROM registry.devices WHERE device_id = :'device';
SELECT tracking_id, received_at, decision, latency_us FROM registry.attempts WHERE device_id = :'device';
SQL

say 'the device ended; all else stays'
/usr/share/latchkey/summary.sh
