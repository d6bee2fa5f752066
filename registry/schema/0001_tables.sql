-- replaces: 07294c036fcb097e4fda5cfda561ce9b9fd252ac3614353a9136c48b879deea6
-- Tables, their constraints and indexes, and the audit trail.

CREATE DOMAIN device_id AS text COLLATE "C" CHECK (VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$');
COMMENT ON DOMAIN device_id IS 'A device''s name, case-sensitive (docs/protocol.md, 1).';

CREATE DOMAIN group_name AS text COLLATE "C" CHECK (VALUE ~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$');
COMMENT ON DOMAIN group_name IS 'An enrolment group''s name, case-sensitive.';

CREATE DOMAIN config AS jsonb CHECK (jsonb_typeof(VALUE) = 'object' AND octet_length(VALUE::text) <= 3072);
COMMENT ON DOMAIN config IS 'A configuration or a merge patch for one: a JSON object of at most 3 KiB.';

CREATE TABLE quota (
  name text COLLATE "C" PRIMARY KEY,
  used bigint NOT NULL DEFAULT 0,
  max  bigint NOT NULL,
  parent text COLLATE "C" REFERENCES quota,
  CHECK (used BETWEEN 0 AND max)
) WITH (fillfactor = 50);
COMMENT ON TABLE quota IS 'Counters for what is capped, and only for that: uncapped groups have no row, so their newcomers lock nothing.';
COMMENT ON COLUMN quota.name IS '"group:<name>", or "token:<id>" of a token with so many uses.';
COMMENT ON COLUMN quota.used IS 'Devices registered that count.';
COMMENT ON COLUMN quota.max IS 'How many there may be.';
COMMENT ON COLUMN quota.parent IS 'What counts here counts there as well: the group of a token.';

-- A layer of configuration counts its changes: the sum over a device's layers says whether what was worked out for it is of today.
CREATE TABLE fleet_config (
  one      boolean PRIMARY KEY DEFAULT true CHECK (one),
  config   config NOT NULL DEFAULT '{}',
  endpoint jsonb,
  changes  bigint NOT NULL DEFAULT 0
);
INSERT INTO fleet_config DEFAULT VALUES;
COMMENT ON TABLE fleet_config IS 'What every device is configured with; one row. A group''s config is merged over it, a device''s over both (RFC 7396).';
COMMENT ON COLUMN fleet_config.one IS 'There is one row.';
COMMENT ON COLUMN fleet_config.config IS 'The fleet''s defaults.';
COMMENT ON COLUMN fleet_config.endpoint IS 'Where devices connect, unless their group says otherwise; empty: as the service''s configuration says.';
COMMENT ON COLUMN fleet_config.changes IS 'How often config or endpoint were changed.';

CREATE TABLE device_config (
  device_id device_id PRIMARY KEY,
  config    config NOT NULL,
  changes   bigint NOT NULL DEFAULT 2
);
COMMENT ON TABLE device_config IS 'What one device is configured with, merged over its group''s config; where it has no row, its enrolment''s config.';
COMMENT ON COLUMN device_config.device_id IS 'Whose it is; it may be enrolled only.';
COMMENT ON COLUMN device_config.config IS 'A merge patch.';
COMMENT ON COLUMN device_config.changes IS 'How often it was changed; 1 is the enrolment''s.';

CREATE TABLE enrollment_group (
  name               group_name PRIMARY KEY,
  proof              text NOT NULL CHECK (proof IN ('symmetric_key', 'x509', 'token')),
  material           bytea NOT NULL,
  secondary_material bytea,
  rolled_at          timestamptz,
  id_from            text CHECK (id_from IN ('common_name', 'dns_name', 'uri', 'serial_number')),
  status             text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  admission          text NOT NULL DEFAULT 'automatic' CHECK (admission IN ('automatic', 'allow_list', 'approval')),
  reprovisioning     text NOT NULL DEFAULT 'rotate' CHECK (reprovisioning IN ('rotate', 'deny')),
  credential_types   text[] NOT NULL DEFAULT '{x509}' CHECK (credential_types <@ '{x509,password}' AND credential_types <> '{}'),
  lifetime_s         bigint NOT NULL DEFAULT 7776000 CHECK (lifetime_s BETWEEN 60 AND 315360000),
  unused_life_s      bigint NOT NULL DEFAULT 86400 CHECK (unused_life_s BETWEEN 60 AND 2592000),
  renewal_grace_days int NOT NULL DEFAULT 30 CHECK (renewal_grace_days BETWEEN 0 AND 3650),
  revoke_retired     boolean NOT NULL DEFAULT false,
  device_id_pattern  text CHECK (length(device_id_pattern) <= 256),
  valid_from         timestamptz,
  valid_until        timestamptz CHECK (valid_until > valid_from),
  quota              text COLLATE "C" REFERENCES quota,
  config             config NOT NULL DEFAULT '{}',
  seal_config        boolean NOT NULL DEFAULT false,
  endpoint           jsonb,
  config_changes     bigint NOT NULL DEFAULT 0,
  created_at         timestamptz NOT NULL DEFAULT now(),
  CHECK (proof <> 'token' OR octet_length(material) = 32),
  CHECK ((proof = 'x509') = (id_from IS NOT NULL))
);

-- A token is looked up by its hash, so two groups cannot share one.
CREATE UNIQUE INDEX enrollment_group_token ON enrollment_group (material) WHERE proof = 'token';
COMMENT ON TABLE enrollment_group IS 'A class of devices that prove themselves the same way, and what they may get.';
COMMENT ON COLUMN enrollment_group.name IS 'Its name; a symmetric proof gives it as kid.';
COMMENT ON COLUMN enrollment_group.proof IS 'How its devices prove themselves: symmetric_key, x509 or token.';
COMMENT ON COLUMN enrollment_group.material IS 'The group key sealed under the master key, the CA certificate, or the token''s SHA-256. Never a secret in clear.';
COMMENT ON COLUMN enrollment_group.secondary_material IS 'A second key or CA that is accepted as well, while one is replaced by the other.';
COMMENT ON COLUMN enrollment_group.rolled_at IS 'Since when it has two; empty: it has one.';
COMMENT ON COLUMN enrollment_group.id_from IS 'x509 only: where in a device''s certificate its id stands: common_name, dns_name, uri or serial_number.';
COMMENT ON COLUMN enrollment_group.status IS 'disabled refuses everything, renewals too.';
COMMENT ON COLUMN enrollment_group.admission IS 'Who of those with the proof is let in: automatic: all; allow_list: who is in enrollment with proof group; approval: whom an operator approves.';
COMMENT ON COLUMN enrollment_group.reprovisioning IS 'May a registered device get a new credential by its enrolment proof? rotate: yes; deny: no.';
COMMENT ON COLUMN enrollment_group.credential_types IS 'What its devices may ask for.';
COMMENT ON COLUMN enrollment_group.lifetime_s IS 'Seconds that an issued certificate is valid.';
COMMENT ON COLUMN enrollment_group.unused_life_s IS 'Seconds after which a credential that was never used ends.';
COMMENT ON COLUMN enrollment_group.renewal_grace_days IS 'Days after its end that a certificate still proves who asks for the next one.';
COMMENT ON COLUMN enrollment_group.revoke_retired IS 'Put certificates that a newer one replaced on the CRL.';
COMMENT ON COLUMN enrollment_group.device_id_pattern IS 'A regular expression that the whole device id has to match (first registrations only).';
COMMENT ON COLUMN enrollment_group.valid_from IS 'First registrations from here on; empty: always.';
COMMENT ON COLUMN enrollment_group.valid_until IS 'First registrations before this; empty: for ever.';
COMMENT ON COLUMN enrollment_group.quota IS 'The counter of a capped group; empty: not capped.';
COMMENT ON COLUMN enrollment_group.config IS 'What its devices are configured with: merged over the fleet''s, and a device''s own over it (RFC 7396).';
COMMENT ON COLUMN enrollment_group.seal_config IS 'Encrypt the configuration for the device; one that cannot open it is refused.';
COMMENT ON COLUMN enrollment_group.endpoint IS 'Where its devices connect: host, port, tls and perhaps ca; empty: as the fleet''s.';
COMMENT ON COLUMN enrollment_group.config_changes IS 'How often config or endpoint were changed.';
COMMENT ON COLUMN enrollment_group.created_at IS 'When it was enrolled.';

CREATE TABLE group_ca (
  subject    bytea PRIMARY KEY CHECK (octet_length(subject) = 32),
  group_name group_name NOT NULL REFERENCES enrollment_group
);
COMMENT ON TABLE group_ca IS 'By which a certificate finds its group: the names of the CAs of x509 groups. A name belongs to one group.';
COMMENT ON COLUMN group_ca.subject IS 'SHA-256 of the subject name in a CA certificate, DER.';
COMMENT ON COLUMN group_ca.group_name IS 'The group of this CA.';

CREATE TABLE token (
  hash        bytea PRIMARY KEY CHECK (octet_length(hash) = 32),
  group_name  group_name NOT NULL REFERENCES enrollment_group,
  quota       text COLLATE "C" REFERENCES quota,
  valid_until timestamptz NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  created_by  text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE token IS 'Tokens that operators made for a group (create_token), beside its own.';
COMMENT ON COLUMN token.hash IS 'SHA-256 of the token, which was shown once and is kept nowhere.';
COMMENT ON COLUMN token.group_name IS 'The group that it lets devices into.';
COMMENT ON COLUMN token.quota IS 'The counter of its uses, or that of its group; empty: neither is capped.';
COMMENT ON COLUMN token.valid_until IS 'First registrations before this.';
COMMENT ON COLUMN token.created_at IS 'When it was made.';
COMMENT ON COLUMN token.created_by IS 'The login that made it.';

CREATE TABLE enrollment (
  device_id  device_id PRIMARY KEY,
  group_name group_name REFERENCES enrollment_group,
  proof      text NOT NULL CHECK (proof IN ('symmetric_key', 'public_key', 'x509', 'token', 'group')),
  material   bytea,
  status     text NOT NULL DEFAULT 'enabled' CHECK (status IN ('enabled', 'disabled')),
  config     config NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((proof = 'group') = (material IS NULL)),
  CHECK (proof <> 'group' OR group_name IS NOT NULL),
  CHECK (proof NOT IN ('token', 'x509') OR octet_length(material) = 32)
);
CREATE INDEX enrollment_group_name ON enrollment (group_name) WHERE group_name IS NOT NULL;
COMMENT ON TABLE enrollment IS 'One device, individually: takes precedence over every group.';
COMMENT ON COLUMN enrollment.device_id IS 'Whose it is.';
COMMENT ON COLUMN enrollment.group_name IS 'The group whose policy and config apply; empty: the defaults.';
COMMENT ON COLUMN enrollment.proof IS 'How the device proves itself. group: as its group does; it stands on the allow list.';
COMMENT ON COLUMN enrollment.material IS 'Its key sealed under the master key, its public key (SubjectPublicKeyInfo, DER), or the SHA-256 of its certificate (DER) or of its token.';
COMMENT ON COLUMN enrollment.status IS 'disabled refuses everything and beats an enabled group.';
COMMENT ON COLUMN enrollment.config IS 'Merged over the group''s config (RFC 7396), unless device_config has another one.';
COMMENT ON COLUMN enrollment.created_at IS 'When it was enrolled.';

CREATE TABLE device (
  device_id              device_id PRIMARY KEY,
  group_name             group_name REFERENCES enrollment_group,
  enrolled_by            text COLLATE "C",
  proof_key              bytea CHECK (octet_length(proof_key) = 32),
  quota                  text COLLATE "C" REFERENCES quota,
  waiting_digest         bytea CHECK (octet_length(waiting_digest) = 32),
  waiting_since          timestamptz,
  approved_digest        bytea CHECK (octet_length(approved_digest) = 32),
  rejected_digest        bytea CHECK (octet_length(rejected_digest) = 32),
  state                  text NOT NULL CHECK (state IN ('off', 'provisioning_requested', 'registered', 'connected', 'ready', 'suspended', 'revoked')),
  resume_state           text CHECK (resume_state IN ('off', 'provisioning_requested', 'registered', 'connected', 'ready')),
  generation             bigint NOT NULL CHECK (generation >= 0),
  attributes             jsonb NOT NULL DEFAULT '{}',
  config_version         bigint NOT NULL DEFAULT 1,
  applied_config_version bigint NOT NULL DEFAULT 0,
  config_changed_at      timestamptz,
  config_layers          bigint,
  config_digest          bytea CHECK (octet_length(config_digest) = 32),
  config_fault           text,
  endpoint               bytea CHECK (octet_length(endpoint) = 32),
  endpoint_given         bytea CHECK (octet_length(endpoint_given) = 32),
  requested_at           timestamptz,
  registered_at          timestamptz,
  credentials_sent_at    timestamptz,
  connected_at           timestamptz,
  ready_at               timestamptz,
  failed_at              timestamptz,
  failure                text,
  acted_at               timestamptz,
  actor                  text,
  reason                 text,
  decommissioned_at      timestamptz CHECK (decommissioned_at IS NULL OR state = 'revoked'),
  access_changed_at      timestamptz,
  broker_applied_at      timestamptz,
  CHECK ((waiting_digest IS NULL) = (waiting_since IS NULL)),
  CHECK ((state = 'suspended') = (resume_state IS NOT NULL)),
  CHECK (state NOT IN ('registered', 'connected', 'ready') OR (enrolled_by IS NOT NULL AND generation > 0))
) WITH (fillfactor = 50);  -- a row changes three times within minutes of its birth: in its own page that touches no index
CREATE INDEX device_group_name ON device (group_name, device_id) WHERE group_name IS NOT NULL;
CREATE INDEX device_waiting ON device (waiting_since) WHERE waiting_digest IS NOT NULL;
COMMENT ON TABLE device IS 'The devices that registered. A failed proof never makes or changes a row.';
COMMENT ON COLUMN device.device_id IS 'Its name.';
COMMENT ON COLUMN device.group_name IS 'The group it registered in; empty: enrolled by itself without one.';
COMMENT ON COLUMN device.enrolled_by IS 'The enrolment that registered it: "device" or "group:<name>". A proof by any other is refused until a reset, which empties it.';
COMMENT ON COLUMN device.proof_key IS 'SHA-256 of the public key that registered it, where the proof was a signature: until a reset no other key speaks for it.';
COMMENT ON COLUMN device.quota IS 'The counter that it counts against; empty: none, or its place was given back.';
COMMENT ON COLUMN device.waiting_digest IS 'What it asked for and an operator has not decided on: approve admits this and nothing else.';
COMMENT ON COLUMN device.waiting_since IS 'Since when it waits for approval.';
COMMENT ON COLUMN device.approved_digest IS 'What an operator approved; the device has to ask for the same again.';
COMMENT ON COLUMN device.rejected_digest IS 'What an operator rejected last: the same is refused, another request may wait anew.';
COMMENT ON COLUMN device.state IS 'Where it is in its life (docs/protocol.md, 8).';
COMMENT ON COLUMN device.resume_state IS 'What a suspended device goes back to.';
COMMENT ON COLUMN device.generation IS 'The number of its newest credential; never restarts.';
COMMENT ON COLUMN device.attributes IS 'What it said of itself: model, firmware_version ... Untrusted text.';
COMMENT ON COLUMN device.config_version IS 'The version of its current configuration; only grows.';
COMMENT ON COLUMN device.applied_config_version IS 'The version it acknowledged; 0: none yet.';
COMMENT ON COLUMN device.config_changed_at IS 'When config_version last grew; empty: never.';
COMMENT ON COLUMN device.config_layers IS 'The changes of its layers that its configuration was worked out from; it is of today while this is their sum. Empty: not worked out yet.';
COMMENT ON COLUMN device.config_digest IS 'SHA-256 of what config_version stands for: the configuration with its placeholders filled in, and the endpoint.';
COMMENT ON COLUMN device.config_fault IS 'Why its newest configuration cannot be sent: a placeholder that nothing is known for, no key to seal it for.';
COMMENT ON COLUMN device.endpoint IS 'SHA-256 of the endpoint that goes with config_version; empty: the one of the service''s configuration.';
COMMENT ON COLUMN device.endpoint_given IS 'The same of the endpoint that it has: told with its registration, or acknowledged.';
COMMENT ON COLUMN device.requested_at IS 'Its first request with a valid proof, since the last reset.';
COMMENT ON COLUMN device.registered_at IS 'When registration and first credential were committed.';
COMMENT ON COLUMN device.credentials_sent_at IS 'When the broker took the answer with its newest credential; empty: not yet.';
COMMENT ON COLUMN device.connected_at IS 'When it first connected.';
COMMENT ON COLUMN device.ready_at IS 'When it first became ready.';
COMMENT ON COLUMN device.failed_at IS 'When it last said that it cannot become ready.';
COMMENT ON COLUMN device.failure IS 'Why it cannot, in its own words. Untrusted text.';
COMMENT ON COLUMN device.acted_at IS 'The last operator act.';
COMMENT ON COLUMN device.actor IS 'The login that acted.';
COMMENT ON COLUMN device.reason IS 'Why, in the operator''s words.';
COMMENT ON COLUMN device.decommissioned_at IS 'When it was taken out of service for good: it counts against no quota, and forget may erase what it said of itself. A reset empties it.';
COMMENT ON COLUMN device.access_changed_at IS 'When an operator last took or gave back its access: suspend, resume, revoke, reset.';
COMMENT ON COLUMN device.broker_applied_at IS 'When the broker was seen to act on that; empty: not yet, or the service does not steer the broker.';

CREATE TABLE credential (
  device_id       text COLLATE "C" NOT NULL REFERENCES device,
  generation      bigint NOT NULL CHECK (generation > 0),
  type            text NOT NULL CHECK (type IN ('x509', 'password')),
  request_id      text COLLATE "C" NOT NULL CHECK (request_id ~ '^[A-Za-z0-9_-]{16,64}$'),
  digest          bytea NOT NULL CHECK (octet_length(digest) = 32),
  serial          bytea UNIQUE,
  certificate     bytea,
  fingerprint     bytea,
  key_fingerprint bytea,
  salt            bytea CHECK (octet_length(salt) = 16),
  master_key      bytea CHECK (octet_length(master_key) = 8),
  encryption_key  bytea CHECK (octet_length(encryption_key) = 64),
  signed_by       text NOT NULL CHECK (signed_by IN ('device_key', 'service')),
  answer_key      bytea CHECK (octet_length(answer_key) = 8),
  status          text NOT NULL DEFAULT 'issued' CHECK (status IN ('issued', 'active', 'retired', 'revoked')),
  not_before      timestamptz NOT NULL,
  not_after       timestamptz NOT NULL,
  use_by          timestamptz NOT NULL,
  issued_at       timestamptz NOT NULL DEFAULT now(),
  connected_at    timestamptz,
  ended_at        timestamptz,
  erased_at       timestamptz,
  revoked_at      timestamptz,
  password_hash   bytea CHECK (octet_length(password_hash) = 32),
  broker_applied_at timestamptz,
  PRIMARY KEY (device_id, generation),
  UNIQUE (device_id, request_id),
  CHECK (not_after > not_before),
  CHECK (type <> 'x509' OR (serial IS NOT NULL AND fingerprint IS NOT NULL AND (certificate IS NULL) = (erased_at IS NOT NULL))),
  CHECK (type <> 'password' OR (salt IS NOT NULL AND master_key IS NOT NULL)),
  CHECK ((signed_by = 'device_key') = (answer_key IS NOT NULL)),
  CHECK ((ended_at IS NULL) = (status IN ('issued', 'active'))),
  CHECK ((revoked_at IS NULL) = (status <> 'revoked'))
) WITH (fillfactor = 50);  -- a row changes once, when the device first connects: in its own page that touches no index
CREATE INDEX credential_key ON credential (key_fingerprint);
COMMENT ON TABLE credential IS 'Every credential that was ever given out. No secret: a certificate is public, a password is derived and not kept.';
COMMENT ON COLUMN credential.device_id IS 'Whose it is.';
COMMENT ON COLUMN credential.generation IS '1, 2, 3 ... of this device.';
COMMENT ON COLUMN credential.type IS 'x509 or password.';
COMMENT ON COLUMN credential.request_id IS 'The request that got it; stays used for ever.';
COMMENT ON COLUMN credential.digest IS 'What that request asked for: a repeat has to ask for the same.';
COMMENT ON COLUMN credential.serial IS 'The certificate''s serial number, 16 bytes.';
COMMENT ON COLUMN credential.certificate IS 'The certificate, DER.';
COMMENT ON COLUMN credential.fingerprint IS 'SHA-256 of the certificate.';
COMMENT ON COLUMN credential.key_fingerprint IS 'SHA-256 of its SubjectPublicKeyInfo: the same at two devices is a clone.';
COMMENT ON COLUMN credential.salt IS 'A password is derived from the master key and this.';
COMMENT ON COLUMN credential.master_key IS 'The id of that master key.';
COMMENT ON COLUMN credential.encryption_key IS 'The device''s public key for secrets (P-256, x and y); empty: it gave none.';
COMMENT ON COLUMN credential.answer_key IS 'The id of the device''s key that signed the answer: its group may have had two.';
COMMENT ON COLUMN credential.signed_by IS 'How the answer was signed, and the configurations after it: under the device''s key or by the service.';
COMMENT ON COLUMN credential.status IS 'issued: not seen in use yet; active: a device connected with it; retired: a newer one took over; revoked.';
COMMENT ON COLUMN credential.not_before IS 'Valid from.';
COMMENT ON COLUMN credential.not_after IS 'Valid until.';
COMMENT ON COLUMN credential.use_by IS 'Ends here if no device ever connected with it.';
COMMENT ON COLUMN credential.issued_at IS 'When it was committed.';
COMMENT ON COLUMN credential.connected_at IS 'When a device first connected with it.';
COMMENT ON COLUMN credential.ended_at IS 'When it was retired or revoked.';
COMMENT ON COLUMN credential.erased_at IS 'When its certificate and keys were erased, by retention or forget. The row stays: its generation, request_id and serial are used for ever.';
COMMENT ON COLUMN credential.revoked_at IS 'When it was revoked: a certificate stands on the CRL from here to its end.';
COMMENT ON COLUMN credential.password_hash IS 'SHA-256 of the password and the salt (hexadecimal), for brokers that look logins up. The password has 192 random bits: no guessing finds it.';
COMMENT ON COLUMN credential.broker_applied_at IS 'When the broker was seen to take this password; empty: not yet, a certificate, or a broker that looks logins up.';

CREATE TABLE presence (
  device_id    text COLLATE "C" PRIMARY KEY REFERENCES device,
  session      text COLLATE "C" NOT NULL,
  generation   bigint NOT NULL,
  online       boolean NOT NULL,
  last_seen_at timestamptz NOT NULL,
  previous_session text COLLATE "C",
  returns          int NOT NULL DEFAULT 0,
  returning_since  timestamptz
) WITH (fillfactor = 50);
COMMENT ON TABLE presence IS 'Who is there now. Narrow and apart from device, because after a power cut it is all that a fleet writes.';
COMMENT ON COLUMN presence.device_id IS 'Whose it is.';
COMMENT ON COLUMN presence.session IS 'The open connection''s name, as the device chose it.';
COMMENT ON COLUMN presence.generation IS 'The credential that opened it.';
COMMENT ON COLUMN presence.online IS 'False after its will or goodbye.';
COMMENT ON COLUMN presence.last_seen_at IS 'Its last status.';
COMMENT ON COLUMN presence.previous_session IS 'The session before: an honest device never takes a name up again.';
COMMENT ON COLUMN presence.returns IS 'How often it was taken up again all the same, in a row of at most ten minutes.';
COMMENT ON COLUMN presence.returning_since IS 'When that row began.';

CREATE TABLE broker_link (
  link     text COLLATE "C" PRIMARY KEY CHECK (length(link) BETWEEN 1 AND 64),
  ready_at timestamptz NOT NULL,
  until    timestamptz NOT NULL,
  CHECK (until >= ready_at)
);
COMMENT ON TABLE broker_link IS 'When replicas listened at the broker without a break: a row for each life of a connection.';
COMMENT ON COLUMN broker_link.link IS 'A random name.';
COMMENT ON COLUMN broker_link.ready_at IS 'Subscribed from here on.';
COMMENT ON COLUMN broker_link.until IS 'And surely still subscribed here.';

CREATE TABLE clone_sign (
  device_id  text COLLATE "C" NOT NULL REFERENCES device,
  sign       text NOT NULL CHECK (sign IN ('key_came_back', 'key_at_two_devices', 'sessions_alternate')),
  first_seen timestamptz NOT NULL DEFAULT now(),
  last_seen  timestamptz NOT NULL DEFAULT now(),
  times      bigint NOT NULL DEFAULT 1,
  evidence   jsonb NOT NULL,
  PRIMARY KEY (device_id, sign)
);
COMMENT ON TABLE clone_sign IS 'Signs that two devices share one identity. Nothing is refused because of them.';
COMMENT ON COLUMN clone_sign.device_id IS 'Whose identity.';
COMMENT ON COLUMN clone_sign.sign IS 'key_came_back: its own keys went A, B, A; key_at_two_devices: another device has the same key; sessions_alternate: two sessions took turns three times in ten minutes.';
COMMENT ON COLUMN clone_sign.first_seen IS 'When it was seen first.';
COMMENT ON COLUMN clone_sign.last_seen IS 'When it was seen last.';
COMMENT ON COLUMN clone_sign.times IS 'How often.';
COMMENT ON COLUMN clone_sign.evidence IS 'What was seen last: the key''s SHA-256 and the generations or the other device, or the two sessions.';

CREATE TABLE attempt (
  tracking_id uuid NOT NULL,
  device_id   device_id NOT NULL,
  received_at timestamptz NOT NULL,
  decision    text NOT NULL CHECK (decision IN ('accepted', 'repeated', 'pending', 'challenge', 'rejected', 'retry')),
  code        text,
  reason      text,
  group_name  text COLLATE "C",
  latency_us  bigint NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX attempt_tracking_id ON attempt (tracking_id);
CREATE INDEX attempt_device_id ON attempt (device_id, received_at);
COMMENT ON TABLE attempt IS 'The ledger: every request and what became of it. Append-only, a partition a month.';
COMMENT ON COLUMN attempt.tracking_id IS 'Stands in the answer and in the logs.';
COMMENT ON COLUMN attempt.device_id IS 'The id in the topic: proven only if decision is accepted, repeated, pending or challenge.';
COMMENT ON COLUMN attempt.received_at IS 'When the service took it in.';
COMMENT ON COLUMN attempt.decision IS 'What was answered.';
COMMENT ON COLUMN attempt.code IS 'The code in the answer.';
COMMENT ON COLUMN attempt.reason IS 'The true reason, which the device was not told.';
COMMENT ON COLUMN attempt.group_name IS 'The group that was tried.';
COMMENT ON COLUMN attempt.latency_us IS 'Microseconds from intake to commit.';

CREATE TABLE attempt_count (
  minute     timestamptz NOT NULL,
  group_name text COLLATE "C" NOT NULL DEFAULT '',
  code       text NOT NULL,
  writer     int NOT NULL,
  n          bigint NOT NULL,
  PRIMARY KEY (minute, group_name, code, writer)
);
COMMENT ON TABLE attempt_count IS 'Rejections beyond what the ledger keeps one by one: a flood of them is counted, so that it cannot fill the disk.';
COMMENT ON COLUMN attempt_count.minute IS 'Received in this minute.';
COMMENT ON COLUMN attempt_count.group_name IS 'The group that was tried, if there is one.';
COMMENT ON COLUMN attempt_count.code IS 'The code in the answer.';
COMMENT ON COLUMN attempt_count.writer IS 'The connection that counted: each has a row of its own, so that none waits for another.';
COMMENT ON COLUMN attempt_count.n IS 'How many.';

CREATE TABLE event (
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  device_id  text COLLATE "C",
  group_name text COLLATE "C",
  action     text NOT NULL,
  old_state  text,
  new_state  text,
  generation bigint,
  actor      text NOT NULL DEFAULT session_user,
  reason     text
) PARTITION BY RANGE (at);
CREATE INDEX event_device_id ON event (device_id, at);
COMMENT ON TABLE event IS 'The audit trail: every change of a device and every operator act, in the transaction of the change. Append-only.';
COMMENT ON COLUMN event.at IS 'When.';
COMMENT ON COLUMN event.device_id IS 'Which device, if one.';
COMMENT ON COLUMN event.group_name IS 'Which group, if one.';
COMMENT ON COLUMN event.action IS 'state: the device changed state; credential: it got a new one; restored: its generations go on elsewhere; else the operator function''s name.';
COMMENT ON COLUMN event.old_state IS 'Before.';
COMMENT ON COLUMN event.new_state IS 'After.';
COMMENT ON COLUMN event.generation IS 'The device''s newest credential after the change.';
COMMENT ON COLUMN event.actor IS 'The login that did it.';
COMMENT ON COLUMN event.reason IS 'Why, in an operator''s words.';
