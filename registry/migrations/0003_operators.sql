-- migrate:up
-- What operators see and do: views to read, functions to act. Both are a contract: columns are added, never changed.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE VIEW devices AS
  SELECT d.device_id::text, d.state,
         -- Whoever was there when the broker went away comes back at once, or is gone.
         CASE WHEN r.online AND r.last_seen_at < (SELECT k FROM presence_known_since() k WHERE k < now() - interval '5 minutes') THEN NULL ELSE r.online END AS online, d.generation, d.group_name::text, d.enrolled_by, d.attributes,
         d.config_version, d.applied_config_version, d.requested_at, d.registered_at, d.credentials_sent_at, d.connected_at, d.ready_at,
         r.last_seen_at, d.failed_at, d.failure, d.acted_at, d.actor, d.reason, d.decommissioned_at
  FROM device d LEFT JOIN presence r USING (device_id)
  UNION ALL
  SELECT e.device_id::text, 'off', NULL, 0, e.group_name::text, NULL, '{}', 1, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM enrollment e WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
COMMENT ON VIEW devices IS 'Every device, one row each: those that registered, and those enrolled individually that have not been heard of (state off, registered_at empty). online is empty where it is not known: nothing was heard since 5 minutes after the broker or the service came back.';

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

CREATE VIEW pending_approvals AS
  SELECT d.device_id::text, d.group_name::text, d.waiting_since, d.requested_at, d.attributes, encode(d.waiting_digest, 'hex') AS digest
  FROM device d WHERE d.waiting_digest IS NOT NULL AND d.state = 'provisioning_requested';
COMMENT ON VIEW pending_approvals IS 'Devices with a valid proof that wait for an operator: approve(device_id) or reject(device_id, reason). digest names what they asked for: approve admits this and nothing else.';

CREATE VIEW suspected_clones AS
  SELECT s.device_id, s.sign, s.first_seen, s.last_seen, s.times, s.evidence, d.state, d.group_name::text
  FROM clone_sign s JOIN device d USING (device_id);
COMMENT ON VIEW suspected_clones IS 'Signs that two devices share one identity, with the evidence. Nothing was refused because of them.';

GRANT SELECT ON devices, certificates, attempts, events, pending_approvals, suspected_clones TO latchkey_reader;

CREATE FUNCTION refuse(state text, message text, hint text) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
END $$;
COMMENT ON FUNCTION refuse(text, text, text) IS 'Internal: an error with a hint.';

CREATE FUNCTION check_config(config jsonb) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE unknown text;
BEGIN
  IF jsonb_typeof(config) IS DISTINCT FROM 'object' THEN
    PERFORM refuse('22023', 'a config is a JSON object, not ' || coalesce(jsonb_typeof(config), 'NULL'), 'For example {"report_interval_s": 60}.');
  ELSIF octet_length(config::text) > 3072 THEN
    PERFORM refuse('22023', format('the config has %s bytes', octet_length(config::text)), 'At most 3072 bytes of JSON fit into a message.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**{8 to last}') v WHERE jsonb_typeof(v) IN ('object', 'array')) THEN
    PERFORM refuse('22023', 'the config is nested too deeply', 'At most 8 objects and arrays inside each other.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**') v WHERE jsonb_typeof(v) = 'number' AND abs(v::text::numeric) > 9007199254740991) THEN
    PERFORM refuse('22023', 'the config has a number beyond 2^53-1', 'Not every device could read it: write it as a string.');
  END IF;
  SELECT name[1] INTO unknown FROM jsonb_path_query(config, 'strict $.**') v, regexp_matches(v #>> '{}', '\$\{([^}]*)\}', 'g') name
    WHERE jsonb_typeof(v) = 'string' AND name[1] !~ '^(device_id|attribute\.[a-z][a-z0-9_]{0,31})$' LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('the config has the placeholder ${%s}', left(unknown, 64)), 'There are ${device_id} and ${attribute.NAME}.');
  END IF;
END $$;
COMMENT ON FUNCTION check_config(jsonb) IS 'Internal: a config is an object of at most 3 KiB that devices can read, with known placeholders.';

CREATE FUNCTION pem(pem text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE body text := substring(pem FROM '-----BEGIN [A-Z ]+-----(.*?)-----END');
BEGIN
  IF body IS NULL THEN
    PERFORM refuse('22023', 'this is no PEM text', 'It begins with -----BEGIN and ends with -----END.');
  END IF;
  RETURN decode(body, 'base64');
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM refuse('22023', 'this is no PEM text: ' || SQLERRM, 'Between its first and last line there is base64 only.');
END $$;
COMMENT ON FUNCTION pem(text) IS 'The DER inside the first PEM block of a text: for the material of enroll_group and enroll_device.';

-- The DER element at a place: its tag, and where its content begins and ends (X.690, 8.1; lengths below 64 KiB).
CREATE FUNCTION der_at(der bytea, place int, OUT tag int, OUT start int, OUT stop int) LANGUAGE plpgsql IMMUTABLE SET search_path = registry, pg_temp AS $$
DECLARE size int := get_byte(der, place + 1);
BEGIN
  tag := get_byte(der, place);
  start := place + 2;
  IF size IN (129, 130) THEN
    start := start + size - 128;
    size := CASE size WHEN 129 THEN get_byte(der, place + 2) ELSE get_byte(der, place + 2) * 256 + get_byte(der, place + 3) END;
  ELSIF size > 127 THEN
    RAISE EXCEPTION 'a length that is not accepted' USING ERRCODE = 'array_subscript_error';
  END IF;
  stop := start + size;
  IF stop > length(der) THEN
    RAISE EXCEPTION 'cut short' USING ERRCODE = 'array_subscript_error';
  END IF;
END $$;
COMMENT ON FUNCTION der_at(bytea, int) IS 'Internal: reads one element of DER.';

CREATE FUNCTION certificate_subject(der bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = registry, pg_temp AS $$
DECLARE
  element record;
  place int;
  tag int;
BEGIN
  element := der_at(der, 0);
  IF element.tag = 48 AND element.stop = length(der) THEN
    -- TBSCertificate: version, serial number, algorithm, issuer and validity stand before the subject (RFC 5280, 4.1).
    place := (der_at(der, element.start)).start;
    FOREACH tag IN ARRAY ARRAY[160, 2, 48, 48, 48] LOOP
      element := der_at(der, place);
      EXIT WHEN element.tag <> tag;
      place := element.stop;
    END LOOP;
    element := der_at(der, place);
    IF place > 0 AND element.tag = 48 THEN RETURN sha256(substring(der FROM place + 1 FOR element.stop - place)); END IF;
  END IF;
  RAISE array_subscript_error;
EXCEPTION WHEN array_subscript_error THEN
  PERFORM refuse('22023', 'this is no X.509 certificate', 'DER; registry.pem(''-----BEGIN CERTIFICATE----- ...'') reads PEM.');
END $$;
COMMENT ON FUNCTION certificate_subject(bytea) IS 'Internal: SHA-256 of a certificate''s subject name, by which group_ca finds its group.';

-- What each kind of proof keeps, for groups and devices alike.
CREATE FUNCTION check_material(proof text, material bytea) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF material IS NULL OR material = '' THEN
    PERFORM refuse('22023', 'the material is empty', 'A key as latchkey sealed it, a public key or certificate in DER, or the SHA-256 of a token.');
  ELSIF octet_length(material) > 8192 THEN
    PERFORM refuse('22023', format('the material has %s bytes', octet_length(material)), 'At most 8192.');
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    PERFORM refuse('22023', 'a token''s material is its SHA-256', 'Use sha256(convert_to(token, ''UTF8'')).');
  ELSIF proof = 'public_key' AND get_byte(material, 0) <> 48 THEN
    PERFORM refuse('22023', 'this is no public key', 'A SubjectPublicKeyInfo in DER; registry.pem(''-----BEGIN PUBLIC KEY----- ...'') reads PEM.');
  END IF;
END $$;
COMMENT ON FUNCTION check_material(text, bytea) IS 'Internal: refuses material that cannot be of that proof.';

-- Two UUIDs of version 4 are 244 bits from the server's cryptographic generator (pg_strong_random), which no extension is needed for.
CREATE FUNCTION random_token() RETURNS text LANGUAGE sql VOLATILE SET search_path = registry, pg_temp AS $$
  SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64'), '+/=', '-_')
$$;
COMMENT ON FUNCTION random_token() IS 'Internal: 43 characters that nobody guesses.';

CREATE FUNCTION check_pattern(pattern text) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF length(pattern) > 256 THEN
    PERFORM refuse('22023', format('device_id_pattern has %s characters', length(pattern)), 'At most 256.');
  END IF;
  -- By itself as well: a)|(?:b is one only between our parentheses, and then it is not anchored.
  PERFORM '' ~ pattern, '' ~ ('^(?:' || pattern || ')$');
EXCEPTION WHEN invalid_regular_expression THEN
  PERFORM refuse('22023', 'device_id_pattern is no regular expression: ' || SQLERRM, 'PostgreSQL''s syntax; it has to match the whole id.');
END $$;
COMMENT ON FUNCTION check_pattern(text) IS 'Internal: a device_id_pattern is a regular expression, bounded.';

CREATE FUNCTION name_ca(name text, material bytea) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE owner text;
BEGIN
  INSERT INTO group_ca (subject, group_name) VALUES (certificate_subject(material), name) ON CONFLICT DO NOTHING;
  SELECT c.group_name INTO owner FROM group_ca c WHERE c.subject = certificate_subject(material);
  IF owner <> name THEN
    PERFORM refuse('23505', format('the group %s has a CA of this name', owner), 'A certificate finds its group by the name of its CA.');
  END IF;
END $$;
COMMENT ON FUNCTION name_ca(text, bytea) IS 'Internal: makes a CA findable as this group''s.';

CREATE FUNCTION check_policy(g enrollment_group) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF g.admission IS NULL OR g.admission NOT IN ('automatic', 'allow_list', 'approval') THEN
    PERFORM refuse('22023', format('%L is no admission', g.admission), 'automatic, allow_list or approval.');
  ELSIF g.reprovisioning IS NULL OR g.reprovisioning NOT IN ('rotate', 'deny') THEN
    PERFORM refuse('22023', format('%L is no reprovisioning', g.reprovisioning), 'rotate or deny.');
  ELSIF g.credential_types IS NULL OR g.credential_types = '{}' OR NOT g.credential_types <@ '{x509,password}' THEN
    PERFORM refuse('22023', format('%L are no credential types', g.credential_types), '{x509}, {password} or {x509,password}.');
  ELSIF g.valid_until <= g.valid_from THEN
    PERFORM refuse('22023', 'valid_until is not after valid_from', 'Swap them.');
  ELSIF g.lifetime_s NOT BETWEEN 60 AND 315360000 THEN
    PERFORM refuse('22023', 'lifetime_s is out of bounds', 'From 60 (a minute) to 315360000 (ten years).');
  ELSIF g.unused_life_s NOT BETWEEN 60 AND 2592000 THEN
    PERFORM refuse('22023', 'unused_life_s is out of bounds', 'From 60 (a minute) to 2592000 (thirty days).');
  ELSIF g.renewal_grace_days NOT BETWEEN 0 AND 3650 THEN
    PERFORM refuse('22023', 'renewal_grace_days is out of bounds', 'From 0 to 3650.');
  END IF;
  PERFORM check_pattern(g.device_id_pattern);
END $$;
COMMENT ON FUNCTION check_policy(enrollment_group) IS 'Internal: refuses what no group can have as its policy.';

CREATE FUNCTION with_defaults(g enrollment_group) RETURNS enrollment_group LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  g.admission := coalesce(g.admission, 'automatic');
  g.reprovisioning := coalesce(g.reprovisioning, 'rotate');
  g.credential_types := coalesce(g.credential_types, '{x509}');
  g.lifetime_s := coalesce(g.lifetime_s, 7776000);
  g.unused_life_s := coalesce(g.unused_life_s, 86400);
  g.renewal_grace_days := coalesce(g.renewal_grace_days, 30);
  g.revoke_retired := coalesce(g.revoke_retired, false);
  g.seal_config := coalesce(g.seal_config, false);
  RETURN g;
END $$;
COMMENT ON FUNCTION with_defaults(enrollment_group) IS 'Internal: the group with what its policy leaves open.';

CREATE FUNCTION enroll_group(
  name text, proof text, material bytea, max_devices bigint DEFAULT NULL, device_id_pattern text DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL, lifetime_s bigint DEFAULT NULL, config jsonb DEFAULT '{}',
  admission text DEFAULT 'automatic', reprovisioning text DEFAULT 'rotate', credential_types text[] DEFAULT '{x509}', id_from text DEFAULT NULL,
  unused_life_s bigint DEFAULT NULL, renewal_grace_days int DEFAULT NULL, revoke_retired boolean DEFAULT false, seal_config boolean DEFAULT false)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE g enrollment_group;
BEGIN
  IF name IS NULL OR name !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no group name', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'x509', 'token') THEN
    PERFORM refuse('22023', format('%L is no proof for a group', proof), 'symmetric_key, x509 or token.');
  ELSIF max_devices < 0 THEN
    PERFORM refuse('22023', 'max_devices is negative', 'Leave it out for no limit.');
  ELSIF proof <> 'x509' AND id_from IS NOT NULL THEN
    PERFORM refuse('22023', 'id_from is for x509 groups', 'Leave it out.');
  ELSIF id_from NOT IN ('common_name', 'dns_name', 'uri', 'serial_number') THEN
    PERFORM refuse('22023', format('%L is no id_from', id_from), 'common_name, dns_name, uri or serial_number.');
  END IF;
  IF proof = 'token' AND material IS NULL THEN
    material := sha256(convert_to(random_token(), 'UTF8'));  -- of a token that nobody knows: create_token makes those that count
  END IF;
  PERFORM check_material(proof, material);
  PERFORM check_config(config);
  g.admission := admission; g.reprovisioning := reprovisioning; g.credential_types := credential_types; g.device_id_pattern := device_id_pattern;
  g.valid_from := valid_from; g.valid_until := valid_until; g.lifetime_s := lifetime_s; g.unused_life_s := unused_life_s;
  g.renewal_grace_days := renewal_grace_days; g.revoke_retired := revoke_retired; g.seal_config := seal_config;
  PERFORM check_policy(g);
  g := with_defaults(g);
  IF max_devices IS NOT NULL THEN
    INSERT INTO quota (name, max) VALUES ('group:' || name, max_devices) ON CONFLICT DO NOTHING;
  END IF;
  BEGIN
    INSERT INTO enrollment_group (name, proof, material, id_from, admission, reprovisioning, credential_types, lifetime_s, unused_life_s, renewal_grace_days,
                                  revoke_retired, device_id_pattern, valid_from, valid_until, quota, config, seal_config)
      VALUES (name, proof, material, CASE proof WHEN 'x509' THEN coalesce(id_from, 'common_name') END, g.admission, g.reprovisioning, g.credential_types,
              g.lifetime_s, g.unused_life_s, g.renewal_grace_days, g.revoke_retired, g.device_id_pattern, g.valid_from, g.valid_until,
              CASE WHEN max_devices IS NOT NULL THEN 'group:' || name END, config, g.seal_config);
  EXCEPTION WHEN unique_violation THEN
    IF EXISTS (SELECT FROM enrollment_group e WHERE e.name = enroll_group.name) THEN
      PERFORM refuse('23505', format('the group %s is enrolled already', name), 'Choose another name.');
    END IF;
    PERFORM refuse('23505', 'another group has this token', 'Every group needs a token of its own.');
  END;
  IF proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'enroll_group');
END $$;
COMMENT ON FUNCTION enroll_group IS
  'Enrols a group. material: its key as latchkey sealed it (latchkey enroll group does that), its CA certificate (DER, see pem), or the SHA-256 of its token; NULL for a group that gets its tokens by create_token.';

CREATE FUNCTION set_max_devices(g enrollment_group, wanted jsonb) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF jsonb_typeof(wanted) <> 'number' OR wanted::numeric NOT BETWEEN 0 AND 9223372036854775807 OR wanted::numeric % 1 <> 0 THEN
    PERFORM refuse('22023', format('max_devices cannot be %s', wanted), 'A whole number from 0 on; a large one instead of none.');
  ELSIF g.quota IS NULL THEN
    PERFORM refuse('55000', format('the group %s does not count its devices', g.name), 'Only a group that was enrolled with max_devices does. Enrol another for those to come.');
  END IF;
  UPDATE quota q SET max = wanted::bigint WHERE q.name = g.quota AND q.used <= wanted::bigint;
  IF NOT FOUND THEN
    PERFORM refuse('55000', format('the group %s has more devices than %s', g.name, wanted), 'SELECT devices_counted FROM registry.groups; decommission(device_id, reason) frees a place.');
  END IF;
END $$;
COMMENT ON FUNCTION set_max_devices(enrollment_group, jsonb) IS 'Internal: how many devices a group may have that counts them.';

-- By an object and not by arguments: what is not named stays, and null means none or the default.
CREATE FUNCTION set_group_policy(name text, policy jsonb, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  known constant text[] := '{admission,reprovisioning,credential_types,device_id_pattern,valid_from,valid_until,max_devices,lifetime_s,unused_life_s,renewal_grace_days,revoke_retired,seal_config}';
  unknown text;
  g enrollment_group;
BEGIN
  IF policy IS NULL OR jsonb_typeof(policy) <> 'object' THEN
    PERFORM refuse('22023', 'a policy is a JSON object', 'Such as {"valid_until": null, "max_devices": 2000}.');
  END IF;
  SELECT string_agg(key, ', ') INTO unknown FROM jsonb_object_keys(policy) key WHERE key <> ALL (known);
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('a policy has no %s', unknown), format('It has %s.', array_to_string(known, ', ')));
  END IF;
  SELECT * INTO g FROM enrollment_group e WHERE e.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  BEGIN
    g := jsonb_populate_record(g, policy - 'max_devices');
  EXCEPTION WHEN data_exception THEN
    PERFORM refuse('22023', SQLERRM, 'Numbers, true or false, and texts as enroll_group takes them; credential_types is a list.');
  END;
  g := with_defaults(g);
  PERFORM check_policy(g);
  UPDATE enrollment_group e SET admission = g.admission, reprovisioning = g.reprovisioning, credential_types = g.credential_types,
      device_id_pattern = g.device_id_pattern, valid_from = g.valid_from, valid_until = g.valid_until, lifetime_s = g.lifetime_s,
      unused_life_s = g.unused_life_s, renewal_grace_days = g.renewal_grace_days, revoke_retired = g.revoke_retired, seal_config = g.seal_config
    WHERE e.name = name;
  IF policy ? 'max_devices' THEN PERFORM set_max_devices(g, policy -> 'max_devices'); END IF;
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_policy', coalesce(reason || ': ', '') || policy::text);
END $$;
COMMENT ON FUNCTION set_group_policy(text, jsonb, text) IS
  'Changes what a group lets in and gives out, for the requests from now on: what the JSON object names, as enroll_group and the view groups call it. null: none, or the default.';

CREATE FUNCTION enroll_device(device_id text, proof text, material bytea DEFAULT NULL, group_name text DEFAULT NULL, config jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF device_id IS NULL OR device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no device id', 'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'public_key', 'x509', 'token', 'group') THEN
    PERFORM refuse('22023', format('%L is no proof for a device', proof), 'symmetric_key, public_key, x509, token, or group for the allow list of its group.');
  ELSIF proof = 'group' AND (group_name IS NULL OR material IS NOT NULL) THEN
    PERFORM refuse('22023', 'the proof group needs a group_name and no material', 'It puts the device on the allow list of that group.');
  ELSIF group_name IS NOT NULL AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = group_name) THEN
    PERFORM refuse('23503', format('there is no group %s', group_name), 'latchkey enroll group makes one.');
  ELSIF proof = 'x509' AND octet_length(material) <> 32 THEN
    -- The certificate itself does as well as its fingerprint.
    PERFORM certificate_subject(material);
    material := sha256(material);
  END IF;
  IF proof <> 'group' THEN PERFORM check_material(proof, material); END IF;
  PERFORM check_config(config);
  INSERT INTO enrollment (device_id, group_name, proof, material, config) VALUES (device_id, group_name, proof, material, config);
  INSERT INTO event (device_id, group_name, action) VALUES (device_id, group_name, 'enroll_device');
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('23505', format('the device %s is enrolled already', device_id), 'SELECT * FROM registry.devices WHERE device_id = ... shows it. Replaced it is by decommission, forget, enroll_device and reset.');
END $$;
COMMENT ON FUNCTION enroll_device(text, text, bytea, text, jsonb) IS
  'Enrols one device. material: its key as latchkey sealed it (latchkey enroll device does that), its public key or certificate (DER, see pem), or the SHA-256 of its token.';

CREATE FUNCTION set_status(what text, name text, next text, why text) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  IF what = 'group' THEN
    UPDATE enrollment_group g SET status = next WHERE g.name = name;
  ELSE
    UPDATE enrollment e SET status = next WHERE e.device_id = name;
  END IF;
  IF NOT FOUND AND what = 'group' THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF NOT FOUND THEN
    PERFORM refuse('P0002', format('the device %s is not enrolled individually', name), 'suspend(device_id, reason) stops a device of a group.');
  END IF;
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (CASE what WHEN 'device' THEN name END, CASE what WHEN 'group' THEN name END, CASE next WHEN 'enabled' THEN 'enable_' ELSE 'disable_' END || what, why);
END $$;
COMMENT ON FUNCTION set_status(text, text, text, text) IS 'Internal: enables or disables a group or an individual enrolment.';
CREATE FUNCTION disable_group(name text, reason text DEFAULT NULL) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT set_status('group', $1, 'disabled', $2) $$;
COMMENT ON FUNCTION disable_group(text, text) IS 'Refuses every request of the group''s devices, renewals too, until enable_group.';
CREATE FUNCTION enable_group(name text, reason text DEFAULT NULL) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT set_status('group', $1, 'enabled', $2) $$;
COMMENT ON FUNCTION enable_group(text, text) IS 'Lets a disabled group go on.';

CREATE FUNCTION disable_device(device_id text, reason text DEFAULT NULL) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT set_status('device', $1, 'disabled', $2) $$;
COMMENT ON FUNCTION disable_device(text, text) IS 'Refuses every request of an individually enrolled device, whatever group it could join, until enable_device.';
CREATE FUNCTION enable_device(device_id text, reason text DEFAULT NULL) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT set_status('device', $1, 'enabled', $2) $$;
COMMENT ON FUNCTION enable_device(text, text) IS 'Lets a disabled individual enrolment go on.';

CREATE FUNCTION roll_group_key(name text, material bytea, proof text DEFAULT NULL) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE found enrollment_group;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF found.proof = 'token' THEN
    PERFORM refuse('55000', 'a token is not rolled', 'Make a new token; the old one ends by itself or with its group.');
  ELSIF proof <> found.proof THEN
    PERFORM refuse('22023', format('the group %s proves itself by %s, not by %s', name, found.proof, proof), 'Its new key or CA has to be of the same kind.');
  ELSIF found.secondary_material IS NOT NULL THEN
    PERFORM refuse('55000', format('the group %s has two keys already', name), 'retire_group_key ends the older one.');
  END IF;
  PERFORM check_material(found.proof, material);
  UPDATE enrollment_group g SET material = roll_group_key.material, secondary_material = g.material, rolled_at = clock_timestamp() WHERE g.name = name;
  IF found.proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'roll_group_key');
END $$;
COMMENT ON FUNCTION roll_group_key(text, bytea, text) IS
  'Gives a group a new key (as latchkey enroll seal-key prints it) or CA; the one before stays good as its secondary until retire_group_key. proof, if given, has to be the group''s.';

CREATE FUNCTION retire_group_key(name text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  left_behind bigint := 0;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found.secondary_material IS NULL THEN
    PERFORM refuse('P0002', format('the group %s has no secondary key', name), 'roll_group_key makes one of its key.');
  END IF;
  UPDATE enrollment_group g SET secondary_material = NULL, rolled_at = NULL WHERE g.name = name;
  IF found.proof = 'x509' THEN
    DELETE FROM group_ca c WHERE c.group_name = name AND c.subject <> certificate_subject(found.material);
  END IF;
  IF found.proof = 'symmetric_key' THEN
    SELECT count(*) INTO left_behind FROM device d JOIN credential c USING (device_id)
      WHERE c.generation = (SELECT max(m.generation) FROM credential m WHERE m.device_id = d.device_id) AND d.group_name = name AND d.enrolled_by = 'group:' || name AND c.signed_by = 'device_key' AND c.issued_at < found.rolled_at AND is_live(c, now());
  END IF;
  IF left_behind > 0 THEN
    RAISE NOTICE '% devices of the group % have a credential from before the new key: they get no configurations until they provision or renew', left_behind, name
      USING HINT = 'In a transaction this can be rolled back.';
  END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'retire_group_key');
  RETURN left_behind;
END $$;
COMMENT ON FUNCTION retire_group_key(text) IS
  'Ends the secondary key or CA of a group: devices that still use it are refused. What was answered under a symmetric key is configured under it, so those devices get no configurations until they provision or renew: returned, and in a notice, is how many have a live credential from before the roll. Devices that provisioned by the old key after it are not in that number.';

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
      enrolled_by = CASE next WHEN 'off' THEN NULL ELSE enrolled_by END, proof_key = CASE next WHEN 'off' THEN NULL ELSE proof_key END,
      waiting_digest = CASE next WHEN 'off' THEN NULL ELSE waiting_digest END, waiting_since = CASE next WHEN 'off' THEN NULL ELSE waiting_since END,
      approved_digest = CASE next WHEN 'off' THEN NULL ELSE approved_digest END, rejected_digest = CASE next WHEN 'off' THEN NULL ELSE rejected_digest END,
      requested_at = CASE next WHEN 'off' THEN NULL ELSE requested_at END,
      decommissioned_at = CASE next WHEN 'off' THEN NULL ELSE decommissioned_at END, acted_at = clock_timestamp(), actor = session_user, reason = why,
      access_changed_at = clock_timestamp(), broker_applied_at = NULL
    WHERE device_id = id;
  IF next IN ('off', 'revoked') THEN
    -- A certificate that a newer one replaced is good for a broker until it expires, so it goes too.
    UPDATE credential SET status = 'revoked', revoked_at = now(), ended_at = coalesce(ended_at, now())
      WHERE device_id = id AND (status IN ('issued', 'active') OR (status = 'retired' AND not_after > now()));
  END IF;
  PERFORM pg_notify('latchkey', 'access');
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

CREATE FUNCTION settle_waiting(id text, approved boolean, why text) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE waiting bytea;
BEGIN
  SELECT waiting_digest INTO waiting FROM device WHERE device_id = id AND state = 'provisioning_requested' FOR NO KEY UPDATE;
  IF waiting IS NULL THEN
    PERFORM refuse('55000', format('the device %s does not wait for approval', id), 'SELECT * FROM registry.pending_approvals shows who does.');
  END IF;
  UPDATE device SET waiting_digest = NULL, waiting_since = NULL, acted_at = clock_timestamp(), actor = session_user, reason = why,
      approved_digest = CASE WHEN approved THEN waiting ELSE approved_digest END, rejected_digest = CASE WHEN approved THEN rejected_digest ELSE waiting END
    WHERE device_id = id;
  INSERT INTO event (device_id, action, reason) VALUES (id, CASE WHEN approved THEN 'approve' ELSE 'reject' END, why);
  UPDATE nudge SET settled_at = now() WHERE device_id = id;
  PERFORM pg_notify('latchkey', 'approval');
END $$;
COMMENT ON FUNCTION settle_waiting(text, boolean, text) IS 'Internal: an operator''s word on what waits.';
CREATE FUNCTION approve(device_id text, reason text DEFAULT NULL) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT settle_waiting($1, true, $2) $$;
COMMENT ON FUNCTION approve(text, text) IS 'Admits what the device asked for first and waits for; it gets its credential when it asks again.';
CREATE FUNCTION reject(device_id text, reason text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp
  AS $$ SELECT settle_waiting($1, false, $2) $$;
COMMENT ON FUNCTION reject(text, text) IS 'Refuses what the device waits for. The same request is refused until another one of the device is rejected or it is reset; another one may wait anew.';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pem, enroll_group, set_group_policy, enroll_device, disable_group, enable_group, disable_device, enable_device, roll_group_key, retire_group_key,
  approve, reject, suspend, resume, revoke, reset TO latchkey_ops;
-- The views call it on the rows they show.
GRANT EXECUTE ON FUNCTION is_live(credential, timestamptz) TO latchkey_reader;
