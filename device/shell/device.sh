#!/usr/bin/env bash
# A Latchkey device made of mosquitto_pub, mosquitto_sub and openssl that proves itself by a token (docs/device.md).
#
#   ID=meter-7 TOKEN_FILE=meter-7.token device.sh
#
# It needs LATCHKEY_BOOTSTRAP_URL, LATCHKEY_BOOTSTRAP_USER, LATCHKEY_BOOTSTRAP_PASSWORD_FILE and LATCHKEY_SERVER_CA_FILE
# (`./dev up` writes them to .run/env), and writes to the current folder. With MAX_MESSAGE_BYTES (2048 to 16384) the service
# sends no larger message. If it may publish, it publishes READINGS readings (1), one every report_interval_s of its
# configuration, and prints in between what comes for it.
#
# mosquitto_sub and mosquitto_pub are two programs with the same client id, the device's. So they take turns in one session
# that the broker keeps (-c): the first subscribes and exits after the SUBACK (-E), the second publishes, the third receives
# the answer. A real device has one connection and a clean session, with a will.
set -eu
missing=''
for name in ID TOKEN_FILE LATCHKEY_BOOTSTRAP_URL LATCHKEY_BOOTSTRAP_USER LATCHKEY_BOOTSTRAP_PASSWORD_FILE LATCHKEY_SERVER_CA_FILE; do
  [ -n "${!name:-}" ] || missing="$missing $name"
done
if [ -n "$missing" ]; then
  echo "usage: ID=meter-7 TOKEN_FILE=meter-7.token $0" >&2
  echo "  These variables are not set:$missing" >&2
  exit 64
fi
# Flags of the bootstrap connection go into files, so that no password is on a command line.
address=${LATCHKEY_BOOTSTRAP_URL#mqtts://}
umask 077
mkdir -p bootstrap operational
cat > bootstrap/mosquitto_sub <<EOF
-h ${address%:*}
-p ${address##*:}
-u $LATCHKEY_BOOTSTRAP_USER
-P $(cat "$LATCHKEY_BOOTSTRAP_PASSWORD_FILE")
--cafile $LATCHKEY_SERVER_CA_FILE
-i $ID
EOF
cp bootstrap/mosquitto_sub bootstrap/mosquitto_pub

# ask CONNECTION TOPIC MESSAGE-FILE ANSWER-TOPIC: publishes, and prints the answer.
ask() {
  XDG_CONFIG_HOME=$1 mosquitto_sub -c -q 1 -t "$4" -E > earlier.txt # what came before
  XDG_CONFIG_HOME=$1 mosquitto_pub -c -q 1 -t "$2" -f "$3"
  XDG_CONFIG_HOME=$1 mosquitto_sub -c -q 1 -t "$4" -C 1 -W 30
}
# field NAME...: a member of the JSON on stdin.
field() {
  python3 -c 'import functools, json, sys
value = functools.reduce(lambda at, name: at[int(name) if isinstance(at, list) else name], sys.argv[1:], json.load(sys.stdin))
print(value if isinstance(value, str) else json.dumps(value))' "$@"
}
# decode: base64url from stdin.
decode() { python3 -c 'import base64, sys; sys.stdout.buffer.write(base64.urlsafe_b64decode(sys.stdin.read().strip() + "=="))'; }
# pem: a certificate from base64 DER on stdin.
pem() { openssl base64 -d -A | openssl x509 -inform DER; }
# opened TYPE JWS-FILE: the payload, if the service signed it; fails otherwise.
opened() {
  cut -d. -f1 "$2" | decode > header.json
  [ "$(field typ < header.json)" = "$1" ]
  [ "$(field alg < header.json)" = ES256 ]
  field x5c 0 < header.json | pem > signer.pem
  openssl verify -CAfile "$LATCHKEY_SERVER_CA_FILE" signer.pem > verified.txt
  # One usage, critical, and one name; -ext prints them in the order of the certificate.
  openssl x509 -in signer.pem -noout -ext extendedKeyUsage > signer-usage.txt
  [ "$(tr -s ' \n' ' ' < signer-usage.txt)" = 'X509v3 Extended Key Usage: critical 1.3.6.1.5.5.7.3.37 ' ]
  openssl x509 -in signer.pem -noout -ext subjectAltName | grep -qx ' *URI:urn:latchkey:answers:v1'
  openssl x509 -in signer.pem -noout -pubkey > signer-key.pem
  # R||S, as a JWS has it, becomes the DER that openssl wants.
  cut -d. -f3 "$2" | decode | hex > signature.hex
  printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' \
    "$(cut -c1-64 signature.hex)" "$(cut -c65-128 signature.hex)" > signature.cnf
  openssl asn1parse -genconf signature.cnf -noout -out signature.der
  cut -d. -f1,2 "$2" | tr -d '\n' > signed.txt
  openssl dgst -sha256 -verify signer-key.pem -signature signature.der signed.txt > verified.txt
  cut -d. -f2 "$2" | decode
}

# hex: the bytes on stdin in hexadecimal.
hex() { od -An -v -tx1 | tr -d ' \n'; }
# base64url: the bytes on stdin.
base64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
# signed HEADER MESSAGE: a JWS (ES256) by the device's key. openssl gives DER, a JWS has R||S of 32 bytes each.
signed() {
  printf '%s.%s' "$(printf %s "$1" | base64url)" "$(printf %s "$2" | base64url)" > signing.txt
  openssl dgst -sha256 -sign key.pem -out signing.der signing.txt
  printf '%s.%s' "$(cat signing.txt)" "$(openssl asn1parse -inform DER -in signing.der | sed -n 's/.*INTEGER *://p' | unhex 32)"
}
# unhex SIZE: base64url of the hexadecimal numbers on stdin, one a line, each as SIZE bytes.
unhex() {
  python3 -c 'import sys; sys.stdout.buffer.write(b"".join(int(line, 16).to_bytes(int(sys.argv[1]), "big") for line in sys.stdin))' "$1" |
    base64url
}
# unsealed JWE-FILE: the secrets that are sealed to encryption-key.pem (ECDH-ES, A256GCM). The command openssl has no GCM, but
# its cipher, which is CTR from 2 on. The tag is not checked: the JWE stood in a message that the service signed.
unsealed() {
  cut -d. -f1 "$1" | decode > header.json
  [ "$(field alg < header.json) $(field enc < header.json)" = 'ECDH-ES A256GCM' ]
  { printf 'asn1=SEQUENCE:s\n[s]\na=SEQUENCE:k\np=FORMAT:HEX,BITSTRING:04%s%s\n[k]\nt=OID:id-ecPublicKey\nc=OID:prime256v1\n' \
    "$(field epk x < header.json | decode | hex)" "$(field epk y < header.json | decode | hex)"; } > peer.cnf
  openssl asn1parse -genconf peer.cnf -noout -out peer.der
  openssl pkey -pubin -inform DER -in peer.der -out peer.pem
  openssl pkeyutl -derive -inkey encryption-key.pem -peerkey peer.pem -out shared.bin
  # RFC 7518, 4.6.2: one round of SHA-256 over a counter, the shared secret and what the key is for.
  { printf '\0\0\0\1'; cat shared.bin; printf '\0\0\0\7A256GCM\0\0\0\0\0\0\0\0\0\0\1\0'; } | openssl dgst -sha256 -binary > content.key
  cut -d. -f4 "$1" | decode | openssl enc -d -aes-256-ctr -K "$(hex < content.key)" -iv "$(cut -d. -f3 "$1" | decode | hex)00000002"
  rm -f shared.bin content.key
}

# After a final rejection the device waits 60 s, doubling up to a day, before it asks again.
rejections=0
for each in rejected-*.json; do
  [ ! -e "$each" ] || { rejections=$((rejections + 1)) last=${each#rejected-}; }
done
if [ "$rejections" -gt 0 ]; then
  pause=$((60 << (rejections > 11 ? 11 : rejections - 1)))
  left=$((${last%.json} + (pause > 86400 ? 86400 : pause) - $(date +%s)))
  [ "$left" -le 0 ] || { echo "device.sh: $ID was rejected (see $PWD/rejected-$last): it tries again in $left s" >&2; exit 75; }
fi

# 1. Create the request once and keep it until it is answered.
if [ ! -e request.json ]; then
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out encryption-key.pem
  openssl pkey -in encryption-key.pem -pubout -outform DER | tail -c 64 > point.bin
  csr=$(openssl req -new -key key.pem -subj "/CN=$ID" -outform DER | openssl base64 -A)
  printf '{"request_id":"%s","device_id":"%s","token":"%s",%s"credential":{"type":"x509","csr":"%s"},
"encryption_key":{"kty":"EC","crv":"P-256","x":"%s","y":"%s"}}' "$(openssl rand -hex 16)" "$ID" "$(cat "$TOKEN_FILE")" \
    "${MAX_MESSAGE_BYTES:+\"max_message_bytes\":$MAX_MESSAGE_BYTES,}" "$csr" \
    "$(head -c 32 point.bin | base64url)" "$(tail -c 32 point.bin | base64url)" > request.json.new
  mv request.json.new request.json
fi

# 2. Send the request. An unsigned answer is not a JWS: print it and change nothing.
ask bootstrap "provisioning/v1/$ID/request" request.json "provisioning/v1/$ID/response" > answer.jws
if [ "$(cut -c1 answer.jws)" = '{' ]; then cat answer.jws; exit 1; fi
opened provisioning-response+jws answer.jws > answer.json
[ "$(field request_id < answer.json)" = "$(field request_id < request.json)" ]
[ "$(field device_id < answer.json)" = "$ID" ]
if [ "$(field status < answer.json)" != accepted ]; then
  cat answer.json
  # Signed and without retry_after_s: this request_id is finished, and a new one has to wait.
  if grep -q '"status":"rejected"' answer.json && ! grep -q '"retry_after_s"' answer.json; then
    mv request.json "rejected-$(date +%s).json"
  fi
  exit 1
fi
rm -f rejected-*.json

# 3. Store the credential for the operational connection.
field credential chain 0 < answer.json | pem > certificate.pem
cat > operational/mosquitto_sub <<EOF
-h $(field connection host < answer.json)
-p $(field connection port < answer.json)
--cafile $LATCHKEY_SERVER_CA_FILE
--cert $PWD/certificate.pem
--key $PWD/key.pem
-i $ID
EOF
cp operational/mosquitto_sub operational/mosquitto_pub
field connection < answer.json > connection.json
topics=$(field topics < connection.json)
session=$(openssl rand -hex 8)

# 4. Say connected, signed by the new certificate's key: so the service knows that the device has it. The answer is the
# configuration. What is signed says over which connection it goes, so a copy is no good at another broker.
leaf=$(openssl x509 -in certificate.pem -outform DER | openssl dgst -sha256 -binary | base64url)
signed "$(printf '{"typ":"provisioning-status+jws","alg":"ES256","x5t#S256":"%s"}' "$leaf")" \
  "$(printf '{"status":"connected","session":"%s","generation":%s,"device_id":"%s","connection":{"host":"%s","port":%s}}' \
    "$session" "$(field generation < answer.json)" "$ID" "$(field connection host < answer.json)" \
    "$(field connection port < answer.json)")" > status.json
ask operational "$topics/status" status.json "$topics/config" > config.jws
opened provisioning-config+jws config.jws > config.json
[ "$(field session < config.json)" = "$session" ]

# The configuration is sealed to this device unless its group says otherwise; an acknowledged one does not come again.
if grep -q '"sealed":' config.json; then
  field sealed < config.json > config.jwe
  unsealed config.jwe | field config > configuration.json
elif grep -q '"config":' config.json; then
  field config < config.json > configuration.json
fi

# A connection in it moves the device, which this program does not do, or changes its rights.
if grep -q '"connection":' config.json && [ "$(field connection host < config.json)" = "$(field host < connection.json)" ]; then
  field connection < config.json > connection.json
fi

# 5. Say ready; the answer has the state of the registry. What comes with a configuration or a connection is no answer: it was
# sent before the service heard it. So say it again.
printf '{"status":"ready","session":"%s","config_version":%s}' "$session" "$(field config_version < config.json)" > status.json
for attempt in 1 2 3 4 5; do
  ask operational "$topics/status" status.json "$topics/config" > config.jws
  opened provisioning-config+jws config.jws > config.json
  [ "$(field session < config.json)" = "$session" ]
  grep -qE '"(config|sealed|connection)":' config.json || break
  [ "$attempt" != 5 ] || { echo "device.sh: the service does not hear that $ID is ready" >&2; exit 75; }
done
field state < config.json

# 6. Use the rights. Not earlier: the service tells the broker the rights of a device that has connected. In a filter each
# wildcard becomes the level "reading".
rights() { python3 -c 'import json, sys; print("\n".join(json.load(open("connection.json")).get(sys.argv[1], [])))' "$1"; }
topic=$(rights publish | sed -n '1{s/[+#]/reading/g;p}')
interval=$(field report_interval_s < configuration.json 2> /dev/null || true)
mapfile -t filters < <(rights subscribe)
listen() { # listen SECONDS
  local arguments=() filter
  for filter in "${filters[@]}"; do [ -z "$filter" ] || arguments+=(-t "$filter"); done
  if [ ${#arguments[@]} = 0 ]; then sleep "$1"; return; fi
  XDG_CONFIG_HOME=operational mosquitto_sub -c -q 1 -v "${arguments[@]}" -W "$1" || [ $? = 27 ] # the time is over
}
if [ -n "$topic" ] && [ -n "$interval" ]; then
  for number in $(seq "${READINGS:-1}"); do
    [ "$number" = 1 ] || listen "$interval"
    printf '{"number":%s,"load":%s}' "$number" "$(cut -d' ' -f1 /proc/loadavg)" > reading.json
    XDG_CONFIG_HOME=operational mosquitto_pub -c -q 1 -t "$topic" -f reading.json
    echo "reading on $topic"
  done
fi

# 7. Say disconnected with a clean session, which removes the kept session at the broker.
printf '{"status":"disconnected","session":"%s"}' "$session" > status.json
XDG_CONFIG_HOME=operational mosquitto_pub -q 1 -t "$topics/status" -f status.json
