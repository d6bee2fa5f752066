-- migrate:up
-- What brokers have to know: who may log in, who is to be kept out, which certificates are revoked.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'latchkey_broker') THEN CREATE ROLE latchkey_broker NOLOGIN; END IF;
END $$;

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;
GRANT USAGE ON SCHEMA registry TO latchkey_broker;

-- Each of the questions below is asked every few seconds: its rows have an index of their own. None is by the status of a
-- credential: when a device first connects with it, which all do, its row would have to be written to every index anew.
CREATE INDEX device_denied ON device (device_id) WHERE generation > 0 AND state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
CREATE INDEX device_access_changed ON device (access_changed_at) WHERE access_changed_at IS NOT NULL;
CREATE INDEX device_access_pending ON device (access_changed_at) WHERE broker_applied_at IS NULL AND access_changed_at IS NOT NULL;
CREATE INDEX credential_login ON credential ((device_id || '@' || generation::text)) WHERE type = 'password' AND ended_at IS NULL;
CREATE INDEX credential_revoked ON credential (not_after, revoked_at) WHERE type = 'x509' AND revoked_at IS NOT NULL;

-- A certificate is known to the broker by its name alone, the device's id. So a device is kept out as long as none of its
-- credentials is good and one of its certificates has not expired: suspended, revoked, or reset and not provisioned anew.
CREATE FUNCTION load_broker_access()
RETURNS TABLE (kind text, device_id text, generation bigint, salt bytea, master_key bytea, changed_at bigint, applied boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  SELECT 'denied', d.device_id::text, NULL::bigint, NULL::bytea, NULL::bytea, NULL::bigint, NULL::boolean FROM device d
    WHERE d.generation > 0 AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
      AND EXISTS (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509' AND c.not_after > now())
  UNION ALL
  SELECT 'login', c.device_id, c.generation, c.salt, c.master_key, NULL, c.broker_applied_at IS NOT NULL
    FROM credential c JOIN device d ON d.device_id = c.device_id
    WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now()) AND d.state NOT IN ('suspended', 'revoked')
  UNION ALL
  SELECT 'changed', d.device_id::text, NULL, NULL, NULL, micros(d.access_changed_at), NULL FROM device d
    WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL
$$;
COMMENT ON FUNCTION load_broker_access() IS 'Service: whom the broker has to keep out (denied), which passwords it has to take (login), and whose access an operator changed without the broker having followed (changed).';

CREATE FUNCTION broker_applied(p jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  PERFORM FROM device WHERE device_id IN (SELECT q.device_id FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) WHERE q.changed_at IS NOT NULL)
    ORDER BY device_id FOR NO KEY UPDATE;
  -- Only for the change that was seen: another may have come since.
  UPDATE device d SET broker_applied_at = clock_timestamp() FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint)
    WHERE d.device_id = q.device_id AND micros(d.access_changed_at) = q.changed_at AND d.broker_applied_at IS NULL;
  -- The sessions of those that are kept out were cut, and without their wills.
  PERFORM FROM presence r JOIN jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) USING (device_id) WHERE q.changed_at IS NOT NULL
    ORDER BY r.device_id FOR UPDATE OF r;
  UPDATE presence r SET online = false FROM jsonb_to_recordset(p) AS q(device_id text, changed_at bigint) JOIN device d USING (device_id)
    WHERE q.changed_at IS NOT NULL AND r.device_id = d.device_id AND r.online AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
  PERFORM FROM credential c JOIN jsonb_to_recordset(p) AS q(device_id text, generation bigint) USING (device_id, generation)
    ORDER BY c.device_id, c.generation FOR NO KEY UPDATE OF c;
  UPDATE credential c SET broker_applied_at = clock_timestamp() FROM jsonb_to_recordset(p) AS q(device_id text, generation bigint)
    WHERE c.device_id = q.device_id AND c.generation = q.generation AND c.broker_applied_at IS NULL;
END $$;
COMMENT ON FUNCTION broker_applied(jsonb) IS 'Service: what the broker was seen to have carried out: a change of access (device_id, changed_at) or a login (device_id, generation).';

CREATE FUNCTION access_looked_up() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  UPDATE device SET broker_applied_at = clock_timestamp() WHERE device_id IN (
    SELECT d.device_id FROM device d WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL ORDER BY d.device_id FOR NO KEY UPDATE SKIP LOCKED)
$$;
COMMENT ON FUNCTION access_looked_up() IS 'Service: the broker looks rights up, so an operator''s change holds from the next look on.';

CREATE FUNCTION revocation_stamp() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  SELECT count(*) || ' ' || coalesce(max(revoked_at)::text, '') FROM credential WHERE type = 'x509' AND revoked_at IS NOT NULL AND not_after > now()
$$;
COMMENT ON FUNCTION revocation_stamp() IS 'Service: another text whenever load_revoked would give other revoked certificates; cheaper than those.';

CREATE FUNCTION load_revoked() RETURNS TABLE (serial bytea, revoked_at bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  SELECT c.serial, micros(c.revoked_at) FROM credential c WHERE c.type = 'x509' AND c.revoked_at IS NOT NULL AND c.not_after > now()
  UNION ALL
  SELECT c.serial, micros(c.ended_at) FROM enrollment_group g JOIN device d ON d.group_name = g.name JOIN credential c ON c.device_id = d.device_id
    WHERE g.revoke_retired AND c.type = 'x509' AND c.status = 'retired' AND c.not_after > now()
$$;
COMMENT ON FUNCTION load_revoked() IS 'Service: what stands on the CRL: certificates that were revoked, and those that a newer one replaced where the group says so, until they expire.';

CREATE VIEW access_changes AS
  SELECT d.device_id::text, d.state, d.access_changed_at, d.broker_applied_at, d.broker_applied_at - d.access_changed_at AS took, d.actor, d.reason
  FROM device d WHERE d.access_changed_at IS NOT NULL;
COMMENT ON VIEW access_changes IS 'The last suspend, resume, revoke or reset of each device, and when the broker was seen to act on it; took: how long that was, empty as long as it has not.';
COMMENT ON COLUMN access_changes.device_id IS 'Which device.';
COMMENT ON COLUMN access_changes.state IS 'Its state now.';
COMMENT ON COLUMN access_changes.access_changed_at IS 'When the operator acted.';
COMMENT ON COLUMN access_changes.broker_applied_at IS 'When the broker was seen to follow; empty: not yet, or the service does not steer the broker.';
COMMENT ON COLUMN access_changes.took IS 'From the one to the other.';
COMMENT ON COLUMN access_changes.actor IS 'The login that acted.';
COMMENT ON COLUMN access_changes.reason IS 'Why, in the operator''s words.';

CREATE VIEW mqtt_user AS
  SELECT c.device_id || '@' || c.generation::text AS username, encode(c.password_hash, 'hex') AS password_hash, encode(c.salt, 'hex') AS salt,
         false AS is_superuser, c.issued_at AS created
  FROM credential c JOIN device d ON d.device_id = c.device_id
  WHERE c.type = 'password' AND c.password_hash IS NOT NULL AND c.ended_at IS NULL AND is_live(c, now())
    AND d.state NOT IN ('suspended', 'revoked');
COMMENT ON VIEW mqtt_user IS 'For a broker that looks logins up, in the form of EMQX''s PostgreSQL authenticator: the passwords that are good at this moment.';
COMMENT ON COLUMN mqtt_user.username IS 'The device''s id, @, and the generation: no device id looks like it.';
COMMENT ON COLUMN mqtt_user.password_hash IS 'SHA-256 of the password followed by the salt (password_hash_algorithm sha256, salt_position suffix), hexadecimal.';
COMMENT ON COLUMN mqtt_user.salt IS 'As it is hashed.';
COMMENT ON COLUMN mqtt_user.is_superuser IS 'Never: a superuser would be above mqtt_acl.';
COMMENT ON COLUMN mqtt_user.created IS 'When the password was issued.';

-- The topics are those of the default roots (mqtt.provisioning_root, mqtt.devices_root).
CREATE VIEW mqtt_acl AS
  WITH pair (action, before, after, retain) AS (VALUES
    ('publish', 'provisioning/v1/', '/request', 0::smallint), ('subscribe', 'provisioning/v1/', '/response', NULL),
    ('publish', 'devices/', '/status', 0), ('subscribe', 'devices/', '/config', NULL))
  SELECT c.device_id || '@' || c.generation::text AS username, 'allow' AS permission, p.action, p.before || c.device_id || p.after AS topic,
         NULL::smallint AS qos, p.retain
  FROM credential c JOIN device d ON d.device_id = c.device_id CROSS JOIN pair p
  WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now()) AND d.state NOT IN ('suspended', 'revoked')
  UNION ALL
  SELECT d.device_id::text, 'allow', p.action, p.before || d.device_id || p.after, NULL, p.retain
  -- LIMIT keeps this a look by the device's id, whatever else is asked for: as EXISTS it became a pass over all credentials.
  FROM device d CROSS JOIN LATERAL (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509' AND is_live(c, now()) LIMIT 1) live
    CROSS JOIN pair p
  WHERE d.state NOT IN ('suspended', 'revoked');
COMMENT ON VIEW mqtt_acl IS 'For a broker that looks rights up, in the form of EMQX''s PostgreSQL authorizer; what is not allowed here is to be denied (no_match = deny). Devices with a certificate are named by its common name.';
COMMENT ON COLUMN mqtt_acl.username IS 'As in mqtt_user, or the device''s id for a client known by its certificate.';
COMMENT ON COLUMN mqtt_acl.permission IS 'allow.';
COMMENT ON COLUMN mqtt_acl.action IS 'publish or subscribe.';
COMMENT ON COLUMN mqtt_acl.topic IS 'One of the device''s own four topics.';
COMMENT ON COLUMN mqtt_acl.qos IS 'Empty: any.';
COMMENT ON COLUMN mqtt_acl.retain IS '0 where it publishes: nothing of the protocol is retained.';

REVOKE EXECUTE ON FUNCTION load_broker_access(), broker_applied(jsonb), access_looked_up(), revocation_stamp(), load_revoked() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION load_broker_access(), broker_applied(jsonb), access_looked_up(), revocation_stamp(), load_revoked() TO latchkey_service;
GRANT SELECT ON access_changes TO latchkey_reader;
-- Not to latchkey_reader: whoever reads reports needs no hashes of passwords.
GRANT SELECT ON mqtt_user, mqtt_acl TO latchkey_broker;
GRANT EXECUTE ON FUNCTION is_live(credential, timestamptz) TO latchkey_broker;
