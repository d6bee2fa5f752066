-- A registry that has been in use: :rows devices of the group :'group', each registered with a certificate, connected and
-- ready. What the service never reads again (ledger, audit trail) is left out. Triggers and foreign keys are off, for the
-- time that it takes; for the superuser of a database that is thrown away.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET search_path = registry, pg_temp;

INSERT INTO device (device_id, group_name, enrolled_by, state, generation, attributes, applied_config_version,
                    requested_at, registered_at, credentials_sent_at, connected_at, ready_at)
  SELECT 'old-' || n, :'group', 'group:' || :'group', 'ready', 1, '{"model": "T1000", "firmware_version": "1.4.2"}', 1,
         now(), now(), now(), now(), now()
  FROM generate_series(1, :rows) n;

-- Random numbers as random as the real ones: that is what an index over them feels. 350 bytes are a certificate's size.
INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint,
                        signed_by, answer_key, status, not_before, not_after, use_by, connected_at)
  SELECT 'old-' || n, 1, 'x509', 'request-' || lpad(n::text, 16, '0'), sha256(('d' || n)::bytea),
         substr(sha256(('s' || n)::bytea), 1, 16), decode(repeat(md5(n::text), 22), 'hex'), sha256(('f' || n)::bytea),
         sha256(('k' || n)::bytea), 'device_key', substr(sha256('key'), 1, 8), 'active', now(), now() + interval '90 days',
         now() + interval '1 day', now()
  FROM generate_series(1, :rows) n;

INSERT INTO presence (device_id, session, generation, online, last_seen_at)
  SELECT 'old-' || n, 'session-' || n, 1, true, now() FROM generate_series(1, :rows) n;

ANALYZE;
CHECKPOINT;
