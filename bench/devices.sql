-- A registry as it looks after two years: so many devices, each with its credential, presence, history and ledger.
--   psql -v devices=1000000 -f bench/devices.sql postgresql://superuser@host/latchkey
-- For a database that was just migrated and is thrown away again. Triggers are off (history is written here, not by
-- them); tables and indexes are those of every registry. Deterministic: device n is the same each time, times apart.
\set ON_ERROR_STOP on
\timing on
SET session_replication_role = replica;
SET search_path = registry;
SET synchronous_commit = off;
SELECT set_config('bench.devices', :'devices', false);

SELECT count(ensure_partition(parent, (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => back))::date))
  FROM unnest('{attempt,event}'::text[]) parent, generate_series(0, 25) back;

INSERT INTO enrollment_group (name, proof, material, config)
  SELECT name, 'symmetric_key', decode(repeat(md5(name), 4), 'hex'), '{"report_interval_s": 60}'
  FROM unnest('{meters,pumps,gateways,cameras}'::text[]) name;

-- What device n is like. Of 100: 92 ready, 2 connected, 1 registered, 1 waiting, 2 suspended, 1 revoked, 1 never heard of;
-- 10 are enrolled by themselves, 3 of 10 are offline, a third has renewed.
CREATE FUNCTION pg_temp.model(first bigint, last bigint) RETURNS TABLE (
  n bigint, id text, grp text, own boolean, state text, renewed boolean, heard boolean, credited boolean, came timestamptz, hash text)
LANGUAGE sql AS $$
  SELECT n, 'meter-' || lpad(n::text, 9, '0'),
    CASE WHEN n % 10 <> 0 THEN (ARRAY['meters', 'meters', 'meters', 'meters', 'meters', 'pumps', 'pumps', 'gateways', 'cameras'])[n % 9 + 1] END,
    n % 10 = 0,
    CASE (n * 7 + n / 10) % 100 WHEN 1 THEN 'connected' WHEN 2 THEN 'connected' WHEN 3 THEN 'registered' WHEN 4 THEN 'provisioning_requested'
      WHEN 5 THEN 'suspended' WHEN 6 THEN 'suspended' WHEN 7 THEN 'revoked' WHEN 10 THEN 'off' ELSE 'ready' END,
    n % 3 = 0, (n * 7 + n / 10) % 100 <> 10, (n * 7 + n / 10) % 100 NOT IN (4, 10),
    -- Over two years, evenly, not in the order of their names.
    now() - make_interval(secs => 60 + (n * 7919 % 1000003) * 63.0), md5(n::text)
  FROM generate_series(first, last) n
$$;

DO $$
DECLARE
  devices bigint := current_setting('bench.devices')::bigint;
  stretch bigint := 200000;
  first bigint := 1;
BEGIN
  WHILE first <= devices LOOP
    DROP TABLE IF EXISTS model;
    CREATE TEMP TABLE model AS SELECT * FROM pg_temp.model(first, least(first + stretch - 1, devices));
    INSERT INTO enrollment (device_id, proof, material, created_at)
      SELECT id, 'symmetric_key', decode(repeat(hash, 4), 'hex'), came - interval '7 days' FROM model WHERE own OR NOT heard;
    INSERT INTO device (device_id, group_name, enrolled_by, state, resume_state, generation, attributes, applied_config_version,
                        requested_at, registered_at, credentials_sent_at, connected_at, ready_at, waiting_digest, waiting_since, acted_at, actor, reason,
                        access_changed_at, broker_applied_at, confirmed)
      SELECT id, grp, CASE WHEN credited THEN CASE WHEN own THEN 'device' ELSE 'group:' || grp END END, state, CASE state WHEN 'suspended' THEN 'ready' END,
        CASE WHEN credited THEN 1 + renewed::int ELSE 0 END,
        jsonb_build_object('model', 'M-' || n % 12, 'firmware_version', '1.' || n % 7 || '.' || n % 5, 'serial', hash), (state = 'ready')::int,
        came, CASE WHEN credited THEN came + interval '80 milliseconds' END, CASE WHEN credited THEN came + interval '95 milliseconds' END,
        CASE WHEN credited AND state <> 'registered' THEN came + interval '1.5 seconds' * (1 + n % 5) END,
        CASE WHEN state IN ('ready', 'suspended', 'revoked') THEN came + interval '2 seconds' * (1 + n % 9) END,
        CASE state WHEN 'provisioning_requested' THEN sha256(id::bytea) END, CASE state WHEN 'provisioning_requested' THEN came END,
        CASE WHEN state IN ('suspended', 'revoked') THEN came + interval '1 day' END, CASE WHEN state IN ('suspended', 'revoked') THEN 'operator' END,
        CASE WHEN state IN ('suspended', 'revoked') THEN 'reported stolen' END,
        CASE WHEN state IN ('suspended', 'revoked') THEN came + interval '1 day' END,
        CASE WHEN state IN ('suspended', 'revoked') THEN came + interval '1 day 50 milliseconds' END,
        CASE WHEN credited AND state <> 'registered' THEN 1 + renewed::int ELSE 0 END
      FROM model WHERE heard;
    INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint, signed_by, answer_key,
                            status, not_before, not_after, use_by, issued_at, connected_at, ended_at, revoked_at, issuer)
      SELECT id, g, 'x509', substr(hash, 1, 20) || g, sha256((hash || g)::bytea), decode(md5(hash || g), 'hex'), decode(repeat(hash, 35), 'hex'),
        sha256((g || hash)::bytea), sha256(hash::bytea), 'device_key', '\x0011223344556677',
        CASE WHEN g < 1 + renewed::int THEN 'retired' WHEN state = 'revoked' THEN 'revoked' WHEN state = 'registered' THEN 'issued' ELSE 'active' END,
        at - interval '1 hour', now() + interval '1 day' * (n % 90 + 1), at + interval '1 day', at,
        CASE WHEN state <> 'registered' THEN at + interval '2 seconds' END,
        CASE WHEN g < 1 + renewed::int OR state = 'revoked' THEN now() - (now() - came) / 4 END,
        CASE WHEN g = 1 + renewed::int AND state = 'revoked' THEN now() - (now() - came) / 4 END, '\x0011223344556677'
      FROM model, generate_series(1, 1 + renewed::int) g, LATERAL (SELECT CASE g WHEN 1 THEN came ELSE now() - (now() - came) / 4 END AS at) a WHERE credited;
    INSERT INTO presence (device_id, session, generation, online, last_seen_at, seen_on)
      SELECT id, substr(hash, 1, 22), 1 + renewed::int, n % 10 >= 3, seen, (seen AT TIME ZONE 'UTC')::date
      FROM model, LATERAL (SELECT now() - make_interval(secs => n * 31 % 86400) AS seen) s WHERE credited AND state <> 'registered';
    INSERT INTO event (at, device_id, group_name, action, old_state, new_state, generation, actor)
      SELECT came + interval '1 second' * step, id, grp, 'state', (ARRAY['off', 'registered', 'connected'])[step], (ARRAY['registered', 'connected', 'ready'])[step], 1, 'latchkey'
      FROM model, generate_series(1, 3) step WHERE credited AND (state <> 'registered' OR step = 1);
    INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, group_name, latency_us, generation)
      SELECT md5(hash || k)::uuid, id, came - interval '1 second' * k, CASE WHEN k = 0 THEN 'accepted' ELSE 'rejected' END,
        CASE WHEN k > 0 THEN 'unauthorized' END, CASE WHEN k > 0 THEN 'the signature does not verify' END, grp, 4000 + n % 9000, CASE WHEN k = 0 THEN 1 END
      FROM model, generate_series(0, (n % 20 = 0)::int) k WHERE credited;
    COMMIT;
    RAISE NOTICE '% devices', least(first + stretch - 1, devices);
    first := first + stretch;
  END LOOP;
END $$;
DROP TABLE model;
VACUUM (ANALYZE, FREEZE);
CHECKPOINT;
SELECT pg_size_pretty(pg_database_size(current_database())) AS size;
