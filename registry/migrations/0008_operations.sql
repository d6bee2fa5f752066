-- migrate:up
-- Running a fleet: what of it to see at a glance, enrolment in bulk, tokens, the end of a device, and what keeps the
-- database from growing for ever.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

-- Settings and retention

CREATE TABLE setting (
  one               boolean PRIMARY KEY DEFAULT true CHECK (one),
  keep_attempts     interval DEFAULT '13 months' CHECK (keep_attempts >= '1 month'),
  keep_events       interval CHECK (keep_events >= '1 month'),
  keep_counts       interval DEFAULT '13 months' CHECK (keep_counts >= '1 month'),
  keep_clone_signs  interval DEFAULT '13 months' CHECK (keep_clone_signs >= '1 month'),
  keep_certificates interval DEFAULT '13 months' CHECK (keep_certificates >= '1 month'),
  count_live_below  bigint NOT NULL DEFAULT 268435456
);
INSERT INTO setting DEFAULT VALUES;
COMMENT ON TABLE setting IS 'One row: how long what is kept. Empty: for ever.';
COMMENT ON COLUMN setting.one IS 'There is one row.';
COMMENT ON COLUMN setting.keep_attempts IS 'The ledger, by whole months.';
COMMENT ON COLUMN setting.keep_events IS 'The audit trail, by whole months.';
COMMENT ON COLUMN setting.keep_counts IS 'What the ledger only counted.';
COMMENT ON COLUMN setting.keep_clone_signs IS 'Signs of clones, since they were last seen.';
COMMENT ON COLUMN setting.keep_certificates IS 'Certificates after the end of their validity. Their generation, request_id and serial stay.';
COMMENT ON COLUMN setting.count_live_below IS 'Bytes of device and enrollment below which fleet and provisioning_funnel count when they are read.';

CREATE FUNCTION set_retention(what text, keep interval) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  IF what IS NULL OR what NOT IN ('attempts', 'events', 'counts', 'clone_signs', 'certificates') THEN
    PERFORM refuse('22023', format('%L is nothing that retention knows', what), 'attempts, events, counts, clone_signs or certificates.');
  ELSIF keep < interval '1 month' THEN
    PERFORM refuse('22023', format('%s is too short', keep), 'At least a month; NULL keeps for ever.');
  END IF;
  EXECUTE format('UPDATE setting SET %I = $1', 'keep_' || what) USING keep;
  INSERT INTO event (action, reason) VALUES ('set_retention', what || ': ' || coalesce(keep::text, 'for ever'));
END $$;
COMMENT ON FUNCTION set_retention(text, interval) IS 'How long attempts, events, counts, clone_signs or certificates are kept; NULL: for ever. maintain acts on it.';

CREATE VIEW retention AS
  SELECT what, keep FROM setting, LATERAL (VALUES ('attempts', keep_attempts), ('events', keep_events), ('counts', keep_counts),
    ('clone_signs', keep_clone_signs), ('certificates', keep_certificates)) AS v(what, keep);
COMMENT ON VIEW retention IS 'How long what is kept; empty: for ever. set_retention changes it.';

-- By what never changes, so that a credential that comes into use still fits into its place without touching an index.
CREATE INDEX credential_not_after ON credential (not_after) WHERE erased_at IS NULL;

-- Views

CREATE VIEW groups AS
  SELECT g.name::text, g.proof, g.status, g.admission, g.reprovisioning, g.credential_types, g.device_id_pattern, g.valid_from, g.valid_until,
         q.used AS devices_counted, q.max AS max_devices, g.secondary_material IS NOT NULL AS has_two_keys,
         g.lifetime_s, g.unused_life_s, g.renewal_grace_days, g.revoke_retired, g.seal_config, g.created_at
  FROM enrollment_group g LEFT JOIN quota q ON q.name = g.quota;
COMMENT ON VIEW groups IS 'Every enrolment group and its policy; devices_counted and max_devices are empty where it is not capped. No key, and no configuration: it may hold secrets.';

CREATE VIEW tokens AS
  SELECT left(encode(k.hash, 'hex'), 16) AS token_id, k.group_name::text, CASE WHEN q.name LIKE 'token:%' THEN q.used END AS used,
         CASE WHEN q.name LIKE 'token:%' THEN q.max END AS uses, k.valid_until, k.created_at, k.created_by
  FROM token k LEFT JOIN quota q ON q.name = k.quota;
COMMENT ON VIEW tokens IS 'The tokens made by create_token: the first 16 digits of their SHA-256, how often they were used, and until when they let devices in. uses is empty where it is not bounded.';

CREATE VIEW expiring_credentials AS
  SELECT c.device_id, c.generation, c.type, c.status, CASE c.status WHEN 'issued' THEN least(c.not_after, c.use_by) ELSE c.not_after END AS ends_at,
         c.status = 'issued' AND c.use_by < c.not_after AS unused, d.group_name::text, d.state, r.online, r.last_seen_at
  FROM credential c JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
  WHERE c.erased_at IS NULL AND is_live(c, now()) AND c.not_after BETWEEN now() AND now() + interval '30 days'
  ORDER BY c.not_after;
COMMENT ON VIEW expiring_credentials IS 'Live credentials that end within 30 days, by the end of their validity. A device renews at two thirds of the life: what is here long does not come back by itself. unused: nobody connected with it, so it ends before its time.';

-- For people who were told "unauthorized" and nothing else.
CREATE FUNCTION advice(code text, reason text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = registry, pg_temp AS $$
  SELECT CASE
    WHEN code = 'unauthorized' THEN CASE
      WHEN reason = 'the enrolment is disabled' THEN 'Its enrolment or group was disabled: enable_group or enable_device lets it in again.'
      WHEN reason LIKE 'no enrolment for this id%' THEN 'Nobody enrolled it, or it names another group, token or CA than was enrolled: latchkey enroll device, or correct the device.'
      WHEN reason LIKE 'a proof of another kind%' OR reason LIKE 'a token, and this enrolment%' THEN 'It proves itself in another way than it was enrolled: compare the device with its enrolment.'
      WHEN reason LIKE 'registered by another%' THEN 'Another enrolment or key registered this id. If the device was replaced: reset(device_id, reason). If not, somebody else uses its id.'
      WHEN reason LIKE 'outside the enrolment%' THEN 'Its group or token takes no newcomers now: see valid_from and valid_until in groups and tokens.'
      WHEN reason LIKE 'the id does not match%' THEN 'Its id does not fit the device_id_pattern of its group: enrol it by itself, or in the right group.'
      WHEN reason LIKE 'the device is not on%' THEN 'Its group admits whom it lists: enroll_device(device_id, ''group'', group_name => ...) lists it.'
      WHEN reason LIKE 'an operator rejected%' THEN 'An operator rejected this very request. Another one from the device may wait for approval anew.'
      WHEN reason LIKE '%does not open under this master key' THEN 'The key was sealed under another master key: check secrets.master_key_file, or enrol it again.'
      WHEN reason LIKE 'x5t#S256 names%' OR reason LIKE '%certificate in x5t#S256%' THEN 'It renews with a certificate that is not, or no longer, good: it has to come by its enrolment again.'
      WHEN reason LIKE 'x5c:%' THEN 'Its factory certificate is not what the group asks for: the reason says how.'
      WHEN reason LIKE '%registered the device is gone' THEN 'Its enrolment was removed: enrol it again, then reset(device_id, reason).'
      ELSE 'It does not know the secret that was enrolled for it: a wrong key or token in the device, or somebody who tries ids.'
    END
    WHEN code = 'invalid_request' THEN 'The device sends what the protocol does not allow: a fault of its firmware, or no device at all.'
    WHEN code = 'conflict' THEN 'The device used a request_id again for something else, or after its credential ended: its firmware has to take a new one.'
    WHEN code = 'weak_key' THEN 'Its key is too small or of a kind that is not accepted: P-256, P-384, Ed25519, or RSA of 2048 to 4096 bits.'
    WHEN code = 'invalid_csr' THEN 'Its certificate request is broken: a fault of its firmware.'
    WHEN code = 'credential_not_allowed' AND reason LIKE '%broker_access.mode is none' THEN 'The service gives out no passwords: its broker_access.mode has to say how the broker learns of them.'
    WHEN code = 'credential_not_allowed' THEN 'Its group does not give out this type of credential: see credential_types in groups; set_group_policy changes it.'
    WHEN code = 'encryption_required' THEN 'A secret has to be sealed for it, and it sent no encryption_key.'
    WHEN code = 'device_suspended' THEN 'An operator suspended it: resume(device_id) lets it go on.'
    WHEN code = 'device_revoked' THEN 'An operator revoked or decommissioned it: reset(device_id, reason) lets it provision anew.'
    WHEN code = 'reprovisioning_denied' THEN 'It has a credential already and its enrolment gives no second one: reset(device_id, reason) lets it provision anew.'
    WHEN code = 'quota_exceeded' THEN 'Its group or token is full: see groups and tokens; decommission(device_id, reason) frees a place in a group, set_group_policy raises max_devices.'
    WHEN code = 'rate_limited' THEN 'Too many proofs failed, of this id within a minute or of all within a second: the reason is that of this one.'
    WHEN code IN ('overloaded', 'unavailable') THEN 'The service could not answer: the device asks again by itself. See the service''s log and metrics.'
  END
$$;
COMMENT ON FUNCTION advice(text, text) IS 'What a rejection means and what can be done, from its code and true reason.';

CREATE INDEX attempt_refused ON attempt (received_at) WHERE decision IN ('rejected', 'retry');
CREATE VIEW recent_rejections AS
  SELECT a.received_at, a.device_id::text, a.group_name, a.code, a.reason, advice(a.code, a.reason) AS advice, a.tracking_id
  FROM attempt a WHERE a.decision IN ('rejected', 'retry') AND a.received_at > now() - interval '7 days' ORDER BY a.received_at DESC;
COMMENT ON VIEW recent_rejections IS 'Who was refused or put off in the last seven days, newest first: the true reason, which the device was not told, and what can be done.';

CREATE VIEW counted_rejections AS
  SELECT minute, nullif(group_name, '') AS group_name, code, sum(n)::bigint AS rejections FROM attempt_count GROUP BY 1, 2, 3;
COMMENT ON VIEW counted_rejections IS 'Rejections that the ledger only counted, a row a minute, group and code: what came beyond 10 a minute of one id or 100 a second of all.';

-- Counting ten million devices takes seconds. So small fleets are counted when somebody looks, large ones hourly.
CREATE TABLE fleet_summary (
  group_name text COLLATE "C",
  state      text NOT NULL,
  devices    bigint NOT NULL,
  counted_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (group_name, state)
);
COMMENT ON TABLE fleet_summary IS 'What fleet shows of a large registry, as summarize counted it.';
COMMENT ON COLUMN fleet_summary.group_name IS 'The group; empty: devices without one.';
COMMENT ON COLUMN fleet_summary.state IS 'The state.';
COMMENT ON COLUMN fleet_summary.devices IS 'How many.';
COMMENT ON COLUMN fleet_summary.counted_at IS 'When they were counted.';

CREATE FUNCTION counts_live() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT pg_relation_size('device') + pg_relation_size('enrollment') < count_live_below FROM setting
$$;
COMMENT ON FUNCTION counts_live() IS 'Is the registry small enough to be counted whenever somebody looks?';

-- As devices, without what counting does not need.
CREATE VIEW device_state AS
  SELECT group_name::text, state FROM device
  UNION ALL SELECT e.group_name::text, 'off' FROM enrollment e WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
COMMENT ON VIEW device_state IS 'Internal: the group and state of every device.';

CREATE VIEW fleet AS
  SELECT group_name, state, count(*) AS devices, now() AS counted_at FROM device_state
    WHERE (SELECT counts_live() OR NOT EXISTS (SELECT FROM fleet_summary)) GROUP BY 1, 2
  UNION ALL
  SELECT group_name, state, devices, counted_at FROM fleet_summary WHERE (SELECT NOT counts_live());
COMMENT ON VIEW fleet IS 'How many devices of each group are in each state, and when that was counted: now, or within the last hour if there are many (256 MiB of them).';

CREATE INDEX device_requested_at ON device (requested_at) WHERE requested_at IS NOT NULL;

CREATE TABLE funnel_summary (
  day              date PRIMARY KEY,
  requested        bigint NOT NULL,
  registered       bigint NOT NULL,
  connected        bigint NOT NULL,
  ready            bigint NOT NULL,
  registered_p50_s double precision,
  registered_p95_s double precision,
  connected_p50_s  double precision,
  connected_p95_s  double precision,
  ready_p50_s      double precision,
  ready_p95_s      double precision,
  counted_at       timestamptz NOT NULL
);
COMMENT ON TABLE funnel_summary IS 'What provisioning_funnel shows of past days in a large registry, as summarize counted it. A day is counted again for a week.';
COMMENT ON COLUMN funnel_summary.day IS 'The day (UTC) of the first request.';
COMMENT ON COLUMN funnel_summary.requested IS 'Devices that first asked on that day.';
COMMENT ON COLUMN funnel_summary.registered IS 'Of these: registered.';
COMMENT ON COLUMN funnel_summary.connected IS 'Of these: connected.';
COMMENT ON COLUMN funnel_summary.ready IS 'Of these: ready.';
COMMENT ON COLUMN funnel_summary.registered_p50_s IS 'Seconds from the request to the registration: half took no longer.';
COMMENT ON COLUMN funnel_summary.registered_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.connected_p50_s IS 'Seconds from the request to the first connection: half took no longer.';
COMMENT ON COLUMN funnel_summary.connected_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.ready_p50_s IS 'Seconds from the request to ready: half took no longer.';
COMMENT ON COLUMN funnel_summary.ready_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.counted_at IS 'When it was counted.';

CREATE FUNCTION seconds(span interval) RETURNS double precision LANGUAGE sql IMMUTABLE RETURN extract(epoch FROM span);
COMMENT ON FUNCTION seconds(interval) IS 'A span of time in seconds.';

-- A function, for its setting: a planner that does not know the day takes a third of all devices to have come after it.
CREATE FUNCTION count_funnel() RETURNS SETOF funnel_summary
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  SELECT day, requested, registered, connected, ready, registered_s[1] AS registered_p50_s, registered_s[2] AS registered_p95_s,
         connected_s[1] AS connected_p50_s, connected_s[2] AS connected_p95_s, ready_s[1] AS ready_p50_s, ready_s[2] AS ready_p95_s, now() AS counted_at
  FROM (SELECT (requested_at AT TIME ZONE 'UTC')::date AS day, count(*) AS requested, count(registered_at) AS registered,
               count(connected_at) AS connected, count(ready_at) AS ready,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(registered_at - requested_at)) AS registered_s,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(connected_at - requested_at)) AS connected_s,
               percentile_cont('{0.5,0.95}'::double precision[]) WITHIN GROUP (ORDER BY seconds(ready_at - requested_at)) AS ready_s
        FROM device WHERE requested_at >= (SELECT coalesce((max(day) + 1)::timestamp AT TIME ZONE 'UTC', '-infinity') FROM funnel_summary) GROUP BY 1) f
$$;
COMMENT ON FUNCTION count_funnel() IS 'Internal: the days of provisioning_funnel that nobody has summed up yet.';

CREATE VIEW provisioning_funnel AS
  SELECT * FROM count_funnel()
  UNION ALL
  SELECT day, requested, registered, connected, ready, registered_p50_s, registered_p95_s, connected_p50_s, connected_p95_s,
         ready_p50_s, ready_p95_s, counted_at FROM funnel_summary;
COMMENT ON VIEW provisioning_funnel IS 'Of the devices that first asked on a day (UTC): how many registered, connected and became ready, and the seconds that took since the request. A reset device counts on the day it asks anew.';

CREATE FUNCTION summarize() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  today date := now() AT TIME ZONE 'UTC';
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey summarize')) THEN RETURN; END IF;
  IF counts_live() THEN
    DELETE FROM fleet_summary;
    DELETE FROM funnel_summary;
    RETURN;
  END IF;
  -- Another replica may just have done it.
  IF EXISTS (SELECT FROM fleet_summary WHERE counted_at > now() - interval '30 minutes') THEN RETURN; END IF;
  DELETE FROM fleet_summary;
  INSERT INTO fleet_summary SELECT group_name, state, count(*), now() FROM device_state GROUP BY 1, 2;
  -- Without these days the view counts them itself.
  DELETE FROM funnel_summary WHERE day >= today - 7;
  INSERT INTO funnel_summary SELECT f.* FROM provisioning_funnel f WHERE f.day < today ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION summarize() IS 'Service: counts a large registry for fleet and provisioning_funnel, hourly; a small one is counted when somebody looks.';

CREATE OR REPLACE FUNCTION count_devices() RETURNS TABLE (state text, devices bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp
AS $$ SELECT state, sum(devices)::bigint FROM fleet GROUP BY state $$;

-- Enrolment in bulk

CREATE FUNCTION bytes_in(material text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = registry, pg_temp AS $$
BEGIN
  IF material LIKE '\\x%' THEN RETURN material::bytea; END IF;
  RETURN pem(material);
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION bytes_in(text) IS 'Internal: \x and hexadecimal digits, or PEM; NULL if it is neither.';

CREATE FUNCTION is_certificate(der bytea) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = registry, pg_temp AS $$
BEGIN
  RETURN certificate_subject(der) IS NOT NULL;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END $$;
COMMENT ON FUNCTION is_certificate(bytea) IS 'Internal: as far as certificate_subject reads.';

CREATE FUNCTION enroll_devices(devices jsonb) RETURNS TABLE (i int, device_id text, outcome text, reason text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF jsonb_typeof(devices) IS DISTINCT FROM 'array' THEN
    PERFORM refuse('22023', 'this is no array but ' || coalesce(jsonb_typeof(devices), 'NULL'),
                   'For example [{"device_id": "meter-1", "proof": "group", "group": "meters"}, ...].');
  ELSIF jsonb_array_length(devices) > 100000 THEN
    PERFORM refuse('22023', format('%s devices at once', jsonb_array_length(devices)), 'At most 100000: send them in parts.');
  END IF;
  RETURN QUERY
  WITH given AS (
    SELECT n::int AS i, row_number() OVER (PARTITION BY e->>'device_id' ORDER BY n) AS nth, e, e->>'device_id' AS device_id,
           e->>'proof' AS proof, e->>'group' AS group_name, coalesce(e->'config', '{}') AS config, bytes_in(e->>'material') AS material
    FROM jsonb_array_elements(devices) WITH ORDINALITY AS x(e, n)),
  checked AS (
    SELECT v.*, CASE
      WHEN jsonb_typeof(e) <> 'object' THEN 'not an object'
      WHEN (SELECT count(*) FROM jsonb_object_keys(CASE jsonb_typeof(e) WHEN 'object' THEN e ELSE '{}' END) k
            WHERE k NOT IN ('device_id', 'proof', 'material', 'group', 'config')) > 0 THEN 'a member that is not known: device_id, proof, material, group and config are'
      WHEN v.device_id IS NULL OR v.device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN 'no device id'
      WHEN nth > 1 THEN 'twice in this call'
      WHEN v.proof IS NULL OR v.proof NOT IN ('symmetric_key', 'public_key', 'x509', 'token', 'group') THEN 'no proof for a device'
      WHEN v.group_name IS NOT NULL AND g.name IS NULL THEN 'no such group'
      WHEN v.proof = 'group' AND (v.group_name IS NULL OR e ? 'material') THEN 'the proof group needs a group and no material'
      WHEN v.proof <> 'group' AND e->>'material' IS NULL THEN 'the material is missing'
      WHEN v.proof <> 'group' AND coalesce(v.material, '') = '' THEN 'the material is neither \x with hexadecimal digits nor PEM'
      WHEN octet_length(v.material) > 8192 THEN 'the material has more than 8192 bytes'
      WHEN v.proof = 'token' AND octet_length(v.material) <> 32 THEN 'the material of a token is its SHA-256'
      WHEN v.proof = 'public_key' AND get_byte(v.material, 0) <> 48 THEN 'the material is no SubjectPublicKeyInfo'
      WHEN v.proof = 'x509' AND octet_length(v.material) <> 32 AND NOT is_certificate(v.material) THEN 'the material is neither a certificate nor its SHA-256'
      WHEN jsonb_typeof(v.config) <> 'object' THEN 'the config is no object'
      WHEN octet_length(v.config::text) > 3072 THEN 'the config has more than 3072 bytes'
    END AS wrong
    FROM given v LEFT JOIN enrollment_group g ON g.name = v.group_name),
  ins AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
    SELECT c.device_id, c.group_name, c.proof, CASE WHEN c.proof = 'x509' AND octet_length(c.material) <> 32 THEN sha256(c.material) ELSE c.material END, c.config
    FROM checked c WHERE wrong IS NULL ORDER BY c.device_id COLLATE "C"
    ON CONFLICT DO NOTHING RETURNING device_id, group_name),
  logged AS (INSERT INTO event (device_id, group_name, action) SELECT ins.device_id, ins.group_name, 'enroll_device' FROM ins)
  SELECT c.i, c.device_id, CASE WHEN wrong IS NOT NULL THEN 'refused' WHEN ins.device_id IS NULL THEN 'exists' ELSE 'enrolled' END,
         CASE WHEN wrong IS NOT NULL THEN wrong WHEN ins.device_id IS NULL THEN 'enrolled already; nothing was changed' END
  FROM checked c LEFT JOIN ins ON wrong IS NULL AND ins.device_id = c.device_id ORDER BY c.i;
END $$;
COMMENT ON FUNCTION enroll_devices(jsonb) IS
  'Enrols up to 100000 devices: an array of {"device_id", "proof", "material", "group", "config"}; material is \x and hexadecimal digits, or PEM. A row each: enrolled, exists or refused, and why.';

-- Tokens

CREATE FUNCTION create_token(name text, uses bigint, valid_for interval) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  made text := random_token();
  hash bytea := sha256(convert_to(made, 'UTF8'));
  counter text;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR KEY SHARE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'SELECT registry.enroll_group(name, ''token'', NULL) makes one.');
  ELSIF found.proof <> 'token' THEN
    PERFORM refuse('55000', format('the proof of the group %s is %s', name, found.proof), 'Only a group whose proof is token has tokens.');
  ELSIF uses < 1 THEN
    PERFORM refuse('22023', format('%s uses', uses), 'At least 1; NULL for no bound but that of its group.');
  ELSIF valid_for IS NULL OR valid_for <= interval '0' OR valid_for > interval '5 years' THEN
    PERFORM refuse('22023', format('%L is no time for a token to be valid', valid_for), 'More than nothing and at most 5 years.');
  END IF;
  counter := found.quota;
  IF uses IS NOT NULL THEN
    counter := 'token:' || left(encode(hash, 'hex'), 16);
    INSERT INTO quota (name, max, parent) VALUES (counter, uses, found.quota);
  END IF;
  INSERT INTO token (hash, group_name, quota, valid_until) VALUES (hash, name, counter, now() + valid_for);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'create_token',
    format('%s: %s uses for %s', left(encode(hash, 'hex'), 16), coalesce(uses::text, 'any number of'), valid_for));
  RETURN made;
END $$;
COMMENT ON FUNCTION create_token(text, bigint, interval) IS
  'Makes a token for a group whose proof is token, and shows it this once: only its SHA-256 is kept. uses: how many devices may register with it, NULL for any number; valid_for: for how long newcomers may.';

CREATE FUNCTION end_token(token_id text, reason text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE gone token;
BEGIN
  DELETE FROM token k WHERE left(encode(k.hash, 'hex'), 16) = token_id RETURNING * INTO gone;
  IF gone IS NULL THEN
    PERFORM refuse('P0002', format('there is no token %s', token_id), 'SELECT token_id FROM registry.tokens shows them.');
  END IF;
  INSERT INTO event (group_name, action, reason) VALUES (gone.group_name, 'end_token', token_id || ': ' || coalesce(reason, 'no reason given'));
END $$;
COMMENT ON FUNCTION end_token(text, text) IS 'Ends a token: nobody registers with it any more. Devices that did keep what they have.';

-- The end of a device

CREATE FUNCTION decommission(device_id text, reason text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  current device;
  counter text;
BEGIN
  -- Enrolled and never heard of: it gets its row now, so that nothing lets it in later.
  INSERT INTO device (device_id, group_name, state, generation, acted_at, actor, reason)
    SELECT e.device_id, e.group_name, 'revoked', 0, clock_timestamp(), session_user, reason FROM enrollment e
    WHERE e.device_id = decommission.device_id AND NOT EXISTS (SELECT FROM device d WHERE d.device_id = decommission.device_id)
    ON CONFLICT DO NOTHING;
  -- Quotas before devices, as everybody does.
  SELECT d.quota INTO counter FROM device d WHERE d.device_id = decommission.device_id;
  PERFORM FROM quota WHERE name IN (SELECT unnest(ARRAY[q.name, q.parent]) FROM quota q WHERE q.name = counter) ORDER BY name FOR UPDATE;
  SELECT * INTO current FROM device d WHERE d.device_id = decommission.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NOT NULL THEN
    PERFORM refuse('55000', format('the device %s is decommissioned already', device_id), 'reset(device_id, reason) would let it provision anew.');
  ELSIF current.quota IS DISTINCT FROM counter THEN
    PERFORM refuse('40001', format('the device %s registered at this moment', device_id), 'Try it again.');
  END IF;
  IF current.state <> 'revoked' THEN
    PERFORM act(device_id, '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', reason, '');
  END IF;
  -- A place in a group is given back, a use of a token is not.
  UPDATE quota SET used = used - 1 WHERE name = (SELECT coalesce(q.parent, q.name) FROM quota q WHERE q.name = counter) AND name NOT LIKE 'token:%';
  UPDATE device d SET quota = NULL, waiting_digest = NULL, waiting_since = NULL, approved_digest = NULL, rejected_digest = NULL,
      decommissioned_at = now(), acted_at = clock_timestamp(), actor = session_user, reason = decommission.reason
    WHERE d.device_id = decommission.device_id;
  INSERT INTO event (device_id, group_name, action, generation, reason) VALUES (device_id, current.group_name, 'decommission', current.generation, reason);
  PERFORM pg_notify('latchkey', 'access');
END $$;
COMMENT ON FUNCTION decommission(text, text) IS
  'Takes a device out of service for good: its credentials end, its place in a capped group is free again, its history stays. Only reset would let it provision anew.';

CREATE FUNCTION forget(device_id text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  current device;
  erased bigint;
  place text;
BEGIN
  SELECT * INTO current FROM device d WHERE d.device_id = forget.device_id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF current.decommissioned_at IS NULL THEN
    PERFORM refuse('55000', format('the device %s is %s', device_id, current.state), 'decommission(device_id, reason) comes first: what is forgotten cannot serve.');
  END IF;
  UPDATE device d SET attributes = '{}', failure = NULL, config_digest = NULL, config_fault = NULL, reason = NULL, proof_key = NULL WHERE d.device_id = forget.device_id;
  UPDATE credential c SET certificate = NULL, key_fingerprint = NULL, encryption_key = NULL, erased_at = coalesce(c.erased_at, now())
    WHERE c.device_id = forget.device_id;
  GET DIAGNOSTICS erased = ROW_COUNT;
  -- Beside its own row, its credentials and the history nothing stays that is kept of a device, wherever that may be.
  FOR place IN
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'device_id'
    WHERE c.relnamespace = 'registry'::regnamespace AND c.relkind = 'r' AND NOT c.relispartition
      AND c.relname NOT IN ('device', 'credential', 'enrollment_import') ORDER BY c.relname
  LOOP
    EXECUTE format('DELETE FROM %I WHERE device_id = $1', place) USING forget.device_id;
  END LOOP;
  INSERT INTO event (device_id, group_name, action, generation, reason)
    VALUES (device_id, current.group_name, 'forget', current.generation, format('erased: attributes, enrolment, certificates and keys of %s credentials', erased));
END $$;
COMMENT ON FUNCTION forget(text) IS
  'Erases what a decommissioned device said of itself, its certificates, keys and individual enrolment. What happened, under its device id, stays, and so does that this was done.';

CREATE FUNCTION restored(reason text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  gap constant int := 1000;
  n bigint;
BEGIN
  IF coalesce(reason, '') = '' THEN
    PERFORM refuse('22023', 'there is no reason', 'Say from which backup, and why.');
  END IF;
  INSERT INTO device (device_id, group_name, state, generation) SELECT e.device_id, e.group_name, 'off', 0 FROM enrollment e
    WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
  UPDATE device SET generation = generation + gap, config_version = config_version + gap;
  GET DIAGNOSTICS n = ROW_COUNT;
  INSERT INTO event (action, reason) VALUES ('restored', restored.reason);
  RETURN n;
END $$;
COMMENT ON FUNCTION restored(text) IS
  'Once after a restore to an earlier time, before the service starts: generations and versions of configurations leave a gap of 1000, so that none that was given out in the lost time is given out again. Returns how many devices. See docs/operations.md.';

-- Maintenance

CREATE FUNCTION drop_old_partition() RETURNS boolean LANGUAGE plpgsql SET search_path = registry, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE old text; behind bigint;
BEGIN
  SELECT min(p.name), count(*) INTO old, behind FROM setting, LATERAL (
    SELECT c.relname::text AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS month,
           CASE i.inhparent WHEN 'attempt'::regclass THEN keep_attempts ELSE keep_events END AS keep
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent IN ('attempt'::regclass, 'event'::regclass) AND c.relkind = 'r') p
    WHERE p.month + interval '1 month' <= (now() - p.keep) AT TIME ZONE 'UTC';
  IF old IS NULL THEN RETURN false; END IF;
  -- Dropping locks the whole table; behind a long reader it would wait, and every writer behind it. So it gives up soon and tries again.
  FOR attempt IN 1..3 LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', old);
      INSERT INTO event (action, reason) VALUES ('retention', old || ' dropped');
      RETURN behind > 1;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.3);
    END;
  END LOOP;
  RETURN false;
END $$;
COMMENT ON FUNCTION drop_old_partition() IS 'Internal: drops the oldest partition that retention lets go; nobody waits for it longer than 200 ms. True: there are more.';

CREATE FUNCTION maintain() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  keep setting;
  portion constant int := 5000;
  n bigint;
  more boolean := false;
BEGIN
  -- One at a time: whoever comes second leaves it to the first.
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey maintain')) THEN RETURN false; END IF;
  PERFORM make_partitions();
  SELECT * INTO keep FROM setting;
  DELETE FROM attempt_count a WHERE a.ctid = ANY (ARRAY(SELECT o.ctid FROM attempt_count o WHERE o.minute < now() - keep.keep_counts LIMIT portion));
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  DELETE FROM clone_sign s WHERE s.last_seen < now() - keep.keep_clone_signs;
  DELETE FROM token k WHERE k.valid_until < now() - interval '1 month';
  UPDATE credential c SET certificate = NULL, encryption_key = NULL, erased_at = now() FROM (
      SELECT o.device_id, o.generation FROM credential o JOIN device d USING (device_id) LEFT JOIN enrollment_group g ON g.name = d.group_name
      WHERE o.erased_at IS NULL AND o.not_after < now() - keep.keep_certificates
        -- An expired certificate that was in use still renews within its group's grace.
        AND (o.status <> 'active' OR o.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) < now())
      LIMIT portion FOR NO KEY UPDATE OF o SKIP LOCKED) x
    WHERE c.device_id = x.device_id AND c.generation = x.generation;
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  -- Last, since it holds a lock that everybody waits for until this transaction ends.
  RETURN drop_old_partition() OR more;
END $$;
COMMENT ON FUNCTION maintain() IS
  'Makes the partitions of the coming months and removes a portion of what retention lets go. True: there is more, call it again. The service calls it at start and hourly. Not inside a longer transaction: a partition that it drops stays locked until the end.';

-- What a view shows as it stands in a table is described as it is there; the rest by hand.
COMMENT ON COLUMN devices.device_id IS 'Its name.';
COMMENT ON COLUMN devices.group_name IS 'The group it registered in, or that its enrolment names; empty: none.';
COMMENT ON COLUMN certificates.serial IS 'The certificate''s serial number, hexadecimal.';
COMMENT ON COLUMN certificates.fingerprint IS 'SHA-256 of the certificate, hexadecimal.';
COMMENT ON COLUMN certificates.key_fingerprint IS 'SHA-256 of its SubjectPublicKeyInfo, hexadecimal: the same at two devices is a clone.';
COMMENT ON COLUMN certificates.status IS 'issued: not seen in use yet; active: a device connected with it; retired: a newer one took over; revoked; expired.';
COMMENT ON COLUMN pending_approvals.digest IS 'What it asked for, hexadecimal: approve admits this and nothing else.';
COMMENT ON COLUMN device_state.group_name IS 'The group.';
COMMENT ON COLUMN device_state.state IS 'The state.';
COMMENT ON COLUMN groups.name IS 'Its name; a symmetric proof gives it as kid.';
COMMENT ON COLUMN groups.devices_counted IS 'Devices that count against max_devices; empty: it is not capped.';
COMMENT ON COLUMN groups.max_devices IS 'How many devices there may be; empty: it is not capped.';
COMMENT ON COLUMN groups.has_two_keys IS 'Its key or CA is being replaced: both are good until retire_group_key.';
COMMENT ON COLUMN tokens.token_id IS 'The first 16 digits of its SHA-256: end_token takes it.';
COMMENT ON COLUMN tokens.used IS 'How many devices registered with it; empty: nobody counts.';
COMMENT ON COLUMN tokens.uses IS 'How many may; empty: no bound but that of its group.';
COMMENT ON COLUMN expiring_credentials.ends_at IS 'When it ends.';
COMMENT ON COLUMN expiring_credentials.unused IS 'It ends before its time because nobody connected with it.';
COMMENT ON COLUMN expiring_credentials.status IS 'issued: not seen in use yet; active: a device connected with it.';
COMMENT ON COLUMN recent_rejections.advice IS 'What it means and what can be done.';
COMMENT ON COLUMN counted_rejections.rejections IS 'How many.';
COMMENT ON COLUMN retention.what IS 'attempts, events, counts, clone_signs or certificates.';
COMMENT ON COLUMN retention.keep IS 'How long; empty: for ever.';

CREATE FUNCTION describe_views() RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE shown record;
BEGIN
  FOR shown IN
    SELECT DISTINCT ON (v.oid, a.attnum) v.relname AS view, a.attname AS name, col_description(d.refobjid, d.refobjsubid) AS text
    FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
    JOIN pg_rewrite r ON r.ev_class = v.oid
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
    JOIN pg_attribute t ON t.attrelid = d.refobjid AND t.attnum = d.refobjsubid AND t.attname = a.attname
    WHERE v.relnamespace = 'registry'::regnamespace AND v.relkind = 'v' AND d.refobjid <> v.oid
      AND col_description(v.oid, a.attnum) IS NULL AND col_description(d.refobjid, d.refobjsubid) IS NOT NULL
    ORDER BY v.oid, a.attnum, d.refobjid
  LOOP
    EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', shown.view, shown.name, shown.text);
  END LOOP;
END $$;
COMMENT ON FUNCTION describe_views() IS 'Internal: columns of views without a comment get that of the table''s column that they show. For migrations.';
SELECT describe_views();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT SELECT ON groups, tokens, retention, fleet, recent_rejections, counted_rejections, expiring_credentials, provisioning_funnel TO latchkey_reader;
-- The views call these on the rows they show.
GRANT EXECUTE ON FUNCTION advice(text, text), counts_live(), count_funnel(), seconds(interval) TO latchkey_reader;
GRANT EXECUTE ON FUNCTION enroll_devices(jsonb), create_token(text, bigint, interval), end_token(text, text), decommission(text, text), forget(text),
  set_retention(text, interval), restored(text), maintain() TO latchkey_ops;
GRANT EXECUTE ON FUNCTION make_partitions(), maintain(), summarize() TO latchkey_service;
