-- migrate:up
-- What operators see and do: views to read, functions to act. Both are a contract: columns are added, never changed.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE VIEW devices AS
  SELECT d.device_id::text, d.state, r.online, d.generation, d.group_name::text, d.enrolled_by, d.attributes,
         d.config_version, d.applied_config_version, d.requested_at, d.registered_at, d.credentials_sent_at, d.connected_at, d.ready_at,
         r.last_seen_at, d.failed_at, d.failure, d.acted_at, d.actor, d.reason
  FROM device d LEFT JOIN presence r USING (device_id)
  UNION ALL
  SELECT e.device_id::text, 'off', NULL, 0, e.group_name::text, NULL, '{}', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM enrollment e WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
COMMENT ON VIEW devices IS 'Every device, one row each: those that registered, and those enrolled individually that have not been heard of (state off, registered_at empty).';

CREATE VIEW certificates AS
  SELECT c.device_id::text, c.generation, encode(c.serial, 'hex') AS serial, encode(c.fingerprint, 'hex') AS fingerprint,
         CASE WHEN c.status IN ('issued', 'active') AND NOT is_live(c, now()) THEN 'expired' ELSE c.status END AS status,
         c.not_before, c.not_after, c.issued_at, c.connected_at, c.ended_at, encode(c.key_fingerprint, 'hex') AS key_fingerprint
  FROM credential c WHERE c.type = 'x509';
COMMENT ON VIEW certificates IS 'Every certificate that was issued. status: issued (not used yet), active, retired, revoked or expired.';

CREATE VIEW attempts AS
  SELECT tracking_id, device_id::text, received_at, decision, code, reason, group_name, latency_us FROM attempt;
COMMENT ON VIEW attempts IS 'The ledger: every request, what was answered, and the true reason.';

CREATE VIEW events AS SELECT at, device_id, group_name, action, old_state, new_state, generation, actor, reason FROM event;
COMMENT ON VIEW events IS 'The audit trail: every change of a device and every operator act.';

GRANT SELECT ON devices, certificates, attempts, events TO latchkey_reader;

CREATE FUNCTION refuse(state text, message text, hint text) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
END $$;
COMMENT ON FUNCTION refuse(text, text, text) IS 'Internal: an error with a hint.';

CREATE FUNCTION check_config(config jsonb) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF jsonb_typeof(config) IS DISTINCT FROM 'object' THEN
    PERFORM refuse('22023', 'a config is a JSON object, not ' || coalesce(jsonb_typeof(config), 'NULL'), 'For example {"report_interval_s": 60}.');
  ELSIF octet_length(config::text) > 3072 THEN
    PERFORM refuse('22023', format('the config has %s bytes', octet_length(config::text)), 'At most 3072 bytes of JSON fit into a message.');
  END IF;
END $$;
COMMENT ON FUNCTION check_config(jsonb) IS 'Internal: a config is an object of at most 3 KiB.';

CREATE FUNCTION enroll_group(
  name text, proof text, material bytea, max_devices bigint DEFAULT NULL, device_id_pattern text DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL, lifetime_s bigint DEFAULT NULL, config jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF name IS NULL OR name !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no group name', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'token') THEN
    PERFORM refuse('22023', format('%L is no proof for a group', proof), 'symmetric_key or token.');
  ELSIF max_devices < 0 THEN
    PERFORM refuse('22023', 'max_devices is negative', 'Leave it out for no limit.');
  ELSIF valid_until <= valid_from THEN
    PERFORM refuse('22023', 'valid_until is not after valid_from', 'Swap them.');
  ELSIF lifetime_s NOT BETWEEN 60 AND 315360000 THEN
    PERFORM refuse('22023', 'lifetime_s is out of bounds', 'From 60 (a minute) to 315360000 (ten years).');
  ELSIF material IS NULL OR material = '' THEN
    PERFORM refuse('22023', 'the material is empty', 'A key as latchkey sealed it, or the SHA-256 of a token.');
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    PERFORM refuse('22023', 'a token''s material is its SHA-256', 'Use sha256(convert_to(token, ''UTF8'')).');
  END IF;
  PERFORM check_config(config);
  IF length(device_id_pattern) > 256 THEN
    PERFORM refuse('22023', format('device_id_pattern has %s characters', length(device_id_pattern)), 'At most 256.');
  END IF;
  BEGIN
    -- By itself as well: a)|(?:b is one only between our parentheses, and then it is not anchored.
    PERFORM '' ~ device_id_pattern;
    PERFORM '' ~ ('^(?:' || device_id_pattern || ')$');
  EXCEPTION WHEN invalid_regular_expression THEN
    PERFORM refuse('22023', 'device_id_pattern is no regular expression: ' || SQLERRM, 'PostgreSQL''s syntax; it has to match the whole id.');
  END;
  IF max_devices IS NOT NULL THEN
    INSERT INTO quota (name, max) VALUES ('group:' || name, max_devices) ON CONFLICT DO NOTHING;
  END IF;
  INSERT INTO enrollment_group (name, proof, material, device_id_pattern, valid_from, valid_until, lifetime_s, quota, config)
    VALUES (name, proof, material, device_id_pattern, valid_from, valid_until, coalesce(lifetime_s, 7776000),
            CASE WHEN max_devices IS NOT NULL THEN 'group:' || name END, config);
  INSERT INTO event (group_name, action) VALUES (name, 'enroll_group');
EXCEPTION WHEN unique_violation THEN
  IF EXISTS (SELECT FROM enrollment_group g WHERE g.name = enroll_group.name) THEN
    PERFORM refuse('23505', format('the group %s is enrolled already', name), 'Choose another name.');
  END IF;
  PERFORM refuse('23505', 'another group has this token', 'Every group needs a token of its own.');
END $$;
COMMENT ON FUNCTION enroll_group(text, text, bytea, bigint, text, timestamptz, timestamptz, bigint, jsonb) IS
  'Enrols a group. material: its key as latchkey sealed it (latchkey enroll group does that), or the SHA-256 of its token.';

CREATE FUNCTION enroll_device(device_id text, proof text, material bytea, group_name text DEFAULT NULL, config jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF device_id IS NULL OR device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no device id', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'token') THEN
    PERFORM refuse('22023', format('%L is no proof for a device', proof), 'symmetric_key or token.');
  ELSIF material IS NULL OR material = '' THEN
    PERFORM refuse('22023', 'the material is empty', 'A key as latchkey sealed it, or the SHA-256 of a token.');
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    PERFORM refuse('22023', 'a token''s material is its SHA-256', 'Use sha256(convert_to(token, ''UTF8'')).');
  ELSIF group_name IS NOT NULL AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = group_name) THEN
    PERFORM refuse('23503', format('there is no group %s', group_name), 'latchkey enroll group makes one.');
  END IF;
  PERFORM check_config(config);
  INSERT INTO enrollment (device_id, group_name, proof, material, config) VALUES (device_id, group_name, proof, material, config);
  INSERT INTO event (device_id, group_name, action) VALUES (device_id, group_name, 'enroll_device');
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('23505', format('the device %s is enrolled already', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows it.');
END $$;
COMMENT ON FUNCTION enroll_device(text, text, bytea, text, jsonb) IS
  'Enrols one device. material: its key as latchkey sealed it (latchkey enroll device does that), or the SHA-256 of its token.';

-- One place for what every act on a device does: lock the row, write who and why; the trigger writes the event.
CREATE FUNCTION act(id text, allowed text[], next text, why text, hint text) RETURNS void
LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE current device;
BEGIN
  SELECT * INTO current FROM device WHERE device_id = id FOR NO KEY UPDATE;
  IF current IS NULL THEN
    PERFORM refuse('P0002', format('the device %s never registered', id), 'SELECT * FROM registry.devices WHERE device_id = ... shows what there is.');
  ELSIF NOT current.state = ANY (allowed) THEN
    PERFORM refuse('55000', format('the device %s is %s', id, current.state), hint);
  END IF;
  UPDATE device SET state = coalesce(next, current.resume_state), resume_state = CASE next WHEN 'suspended' THEN current.state END,
      enrolled_by = CASE next WHEN 'off' THEN NULL ELSE enrolled_by END, acted_at = clock_timestamp(), actor = session_user, reason = why
    WHERE device_id = id;
  IF next IN ('off', 'revoked') THEN
    UPDATE credential SET status = 'revoked', ended_at = now() WHERE device_id = id AND status IN ('issued', 'active');
  END IF;
END $$;
COMMENT ON FUNCTION act(text, text[], text, text, text) IS 'Internal: moves a device to another state on an operator''s word.';

CREATE FUNCTION suspend(device_id text, reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready}', 'suspended', $2, 'Only a device that is neither suspended nor revoked can be suspended.') $$;
COMMENT ON FUNCTION suspend(text, text) IS 'Refuses the device until resume.';
CREATE FUNCTION resume(device_id text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT act($1, '{suspended}', NULL, NULL, 'Only a suspended device can be resumed; a revoked one needs reset.') $$;
COMMENT ON FUNCTION resume(text) IS 'Lets a suspended device go on where it was.';
CREATE FUNCTION revoke(device_id text, reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', $2, 'It is revoked already.') $$;
COMMENT ON FUNCTION revoke(text, text) IS 'Ends the device''s credentials for good; only reset lets it in again.';
CREATE FUNCTION reset(device_id text, reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT act($1, '{provisioning_requested,registered,connected,ready,suspended,revoked}', 'off', $2, 'It is off already.') $$;
COMMENT ON FUNCTION reset(text, text) IS 'Ends the device''s credentials and lets it provision anew, by any enrolment.';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION enroll_group(text, text, bytea, bigint, text, timestamptz, timestamptz, bigint, jsonb),
  enroll_device(text, text, bytea, text, jsonb), suspend(text, text), resume(text), revoke(text, text), reset(text, text) TO latchkey_ops;
-- The views call it on the rows they show.
GRANT EXECUTE ON FUNCTION is_live(credential, timestamptz) TO latchkey_reader;
