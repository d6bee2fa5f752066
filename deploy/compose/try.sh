#!/bin/sh
# Provisions a new device against the stack that docker-compose.yml started, until it is ready.
set -eu
umask 077
cd /tmp

device=try-$(od -An -v -N4 -tx1 /dev/urandom | tr -d ' \n')
say() { printf '\n--- %s\n' "$*"; }

say "an operator enrols the device $device with a key of its own, and gives the fleet rights if it has none"
latchkey enroll device "$device" --generate-key "$device.key" --device-config '{"report_interval_s":60}'
psql -X -q -v ON_ERROR_STOP=1 -v device="$device" "$LATCHKEY_DB_URL" >/dev/null <<'SQL'
SELECT CASE WHEN source IS NULL THEN registry.set_fleet_rights('{"publish": ["plant/${device_id}/telemetry/#"],
  "subscribe": ["plant/${device_id}/commands/#"]}', 'try') END FROM registry.rights WHERE device_id = :'device';
SQL

say 'the device requests a credential, connects with it and gets its configuration'
# Meanwhile the platform listens. Flags are in files, so that no password is on a command line.
mkdir platform operational
printf '%s\n' '-h broker' "-p $BOOTSTRAP_PORT" '--cafile /operator/server-ca.pem' '-i @platform' '-u @platform' \
  "-P $(cat /operator/platform.password)" >platform/mosquitto_sub
XDG_CONFIG_HOME=platform mosquitto_sub -q 1 -v -t "plant/$device/telemetry/#" -C 1 -W 120 >received &
platform=$!
# A device repeats its request until it is answered, so it may start before the service.
latchkey-device provision "$device" --key-file "$device.key" --dir "$device" --timeout 120

say 'what the platform received from it; and what the broker says when it publishes on the topic of another device'
wait "$platform" || echo 'nothing: the fleet has other rights than those of this example'
cat received
printf '%s\n' '-V 5' "-h $BROKER_HOST" "-p $DEVICE_PORT" '--cafile /operator/server-ca.pem' "-i $device" \
  "--cert $device/credential-1/certificate.pem" "--key $device/credential-1/key.pem" >operational/mosquitto_pub
XDG_CONFIG_HOME=operational timeout 30 mosquitto_pub -q 1 -t plant/66666/telemetry/reading -m forged 2>&1 || true

say 'the row of the device in the registry, and its request in the ledger'
psql -X -q -x -P pager=off -v ON_ERROR_STOP=1 -v device="$device" "$LATCHKEY_DB_URL" <<'SQL'
SELECT device_id, state, online, generation, attributes, requested_at, registered_at, credentials_sent_at, connected_at, ready_at
  FROM registry.devices WHERE device_id = :'device';
SELECT tracking_id, received_at, decision, latency_us FROM registry.attempts WHERE device_id = :'device';
SQL

say 'the device has stopped; the rest keeps running'
/usr/share/latchkey/summary.sh
