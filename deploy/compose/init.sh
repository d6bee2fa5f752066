#!/bin/sh
# Makes every secret of an installation under docker-compose.yml once, and gives each container the files that it needs. It
# runs as root, because the files belong to the containers' users. It runs at every start: it updates the files and keeps the
# secrets.
set -eu
umask 077

templates=/usr/share/latchkey
kept=/installation # every secret. No other container has this volume; back it up.

# --- Made once. An unfinished file or folder has another name, so that an interrupted start does no harm.

if [ ! -e "$kept/pki" ]; then
  rm -rf "$kept/pki.new"
  latchkey ca init --dir "$kept/pki.new" --host "$BROKER_HOST" --host broker --host localhost
  printf '%s\n' "$BROKER_HOST" >"$kept/pki.new/host"
  mv "$kept/pki.new" "$kept/pki"
fi
if [ "$(cat "$kept/pki/host")" != "$BROKER_HOST" ]; then
  echo "init: the broker's certificate is for $(cat "$kept/pki/host"), and LATCHKEY_BROKER_HOST says $BROKER_HOST." >&2
  echo "init: set LATCHKEY_BROKER_HOST=$(cat "$kept/pki/host") again, or give the broker a certificate for the new name:" >&2
  echo "init: docs/deploy.md, \"Another name for the broker\". Nothing was changed." >&2
  exit 1
fi

for login in superuser owner latchkey operator service bootstrap admin platform page; do
  [ -e "$kept/$login.password" ] && continue
  od -An -v -N24 -tx1 /dev/urandom | tr -d ' \n' | sed 's/$/\n/' >"$kept/password.new"
  mv "$kept/password.new" "$kept/$login.password"
done

# --- Copied at every start: give OWNER MODE FILE... FOLDER

give() {
  owner=$1 mode=$2
  shift 2
  install -o "$owner" -g "$owner" -m "$mode" "$@"
}

# A password file for libpq with one login, so that no password is in the environment.
passfile() { # passfile LOGIN
  printf '*:*:*:%s:%s\n' "$1" "$(cat "$kept/$1.password")"
}

# Readable by all, because the numeric id of the user postgres depends on the image. Only that container has this volume.
give root 444 "$templates/logins.sql" "$kept/superuser.password" "$kept/owner.password" "$kept/latchkey.password" \
  "$kept/operator.password" /postgres

passfile owner | give latchkey 400 /dev/stdin /migrate/passfile

# The broker's image has the gate, and one that MOSQUITTO_IMAGE names has dynamic-security.
if [ -z "$MOSQUITTO_IMAGE" ]; then
  mode=gate template=gate plugin=/usr/local/lib/latchkey/latchkey_gate.so state=/mosquitto/data/gate
else
  mode=dynamic-security template=mosquitto plugin=/usr/lib/mosquitto_dynamic_security.so state=/mosquitto/data
fi

# The service. It never needs the server CA's key, which stays here.
sed "s|^mode = .*|mode = \"$mode\"|" "$templates/latchkey.toml" | give latchkey 400 /dev/stdin /service/latchkey.toml
give latchkey 400 "$kept/pki/device-ca.pem" "$kept/pki/device-ca-key.pem" \
  "$kept/pki/signing.pem" "$kept/pki/signing-key.pem" "$kept/pki/server-ca.pem" "$kept/pki/master.key" \
  "$kept/latchkey.password" "$kept/service.password" "$kept/admin.password" "$kept/page.password" /service

# For cli, try and device: the operator's login, and what a device gets in the factory.
passfile operator | give latchkey 400 /dev/stdin /operator/passfile
give latchkey 400 "$kept/bootstrap.password" "$kept/platform.password" "$kept/page.password" "$kept/pki/server-ca.pem" \
  /operator

# The broker. The container broker-init then hashes `accounts`: only its image has mosquitto_passwd.
broker=1883 # the user mosquitto of the broker's images
chown "$broker:$broker" /broker
give "$broker" 400 "$kept/pki/broker.pem" "$kept/pki/broker-key.pem" "$kept/pki/device-ca.pem" \
  "$kept/pki/server-ca.pem" /broker
give "$broker" 400 "$templates/$template.acl" /broker/acl
sed -e 's|[$]{BIND}|0.0.0.0|' -e "s|[$]{BOOTSTRAP_PORT}|$BOOTSTRAP_PORT|" -e "s|[$]{DEVICE_PORT}|$DEVICE_PORT|" \
  -e 's|[$]{PKI}|/broker|' -e 's|[$]{PASSWORDS}|/broker/passwords|' -e 's|[$]{ACL}|/broker/acl|' \
  -e "s|[$]{PLUGIN}|$plugin|" -e "s|[$]{STATE}|$state|" "$templates/$template.conf" | give "$broker" 400 /dev/stdin /broker/mosquitto.conf
for account in service bootstrap admin platform; do
  printf '@%s:%s\n' "$account" "$(cat "$kept/$account.password")"
done | give "$broker" 600 /dev/stdin /broker/accounts
