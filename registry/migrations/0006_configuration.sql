-- migrate:up
-- What devices are configured with, and how a change reaches them: operators change a layer, the service works out
-- per device what that means and sends it. Also: who is there, and word to devices whose approval was decided.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE TABLE config_change (
  scope text COLLATE "C" PRIMARY KEY,
  after text COLLATE "C" NOT NULL DEFAULT ''
);
COMMENT ON TABLE config_change IS 'Changes of a group''s or the fleet''s configuration on their way through its devices. Empty: each device was looked at.';
COMMENT ON COLUMN config_change.scope IS 'The group; empty: the fleet.';
COMMENT ON COLUMN config_change.after IS 'Devices up to this id were looked at.';

CREATE TABLE config_due (
  device_id text COLLATE "C" PRIMARY KEY REFERENCES device,
  due_at    timestamptz NOT NULL DEFAULT now(),
  tries     int NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX config_due_at ON config_due (due_at);
COMMENT ON TABLE config_due IS 'Devices whose configuration has to be worked out anew, or was sent and is not acknowledged yet.';
COMMENT ON COLUMN config_due.device_id IS 'Whose.';
COMMENT ON COLUMN config_due.due_at IS 'When a replica takes it up: at once, or again after it was taken up.';
COMMENT ON COLUMN config_due.tries IS 'How often it was taken up.';

CREATE TABLE nudge (
  device_id  text COLLATE "C" PRIMARY KEY REFERENCES device,
  request_id text COLLATE "C" NOT NULL CHECK (request_id ~ '^[A-Za-z0-9_-]{16,64}$'),
  signed_by  text NOT NULL CHECK (signed_by IN ('device_key', 'service')),
  answer_key bytea CHECK (octet_length(answer_key) = 8),
  settled_at timestamptz
);
CREATE INDEX nudge_settled ON nudge (settled_at) WHERE settled_at IS NOT NULL;
COMMENT ON TABLE nudge IS 'Requests that wait for approval, and how to tell their devices to ask again.';
COMMENT ON COLUMN nudge.device_id IS 'Whose request.';
COMMENT ON COLUMN nudge.request_id IS 'The last one with the digest that waits.';
COMMENT ON COLUMN nudge.signed_by IS 'How an answer to it is signed: under the device''s key or by the service.';
COMMENT ON COLUMN nudge.answer_key IS 'The id of the device''s key that signs.';
COMMENT ON COLUMN nudge.settled_at IS 'When an operator decided: from then on the service tells the device.';

-- Operators

CREATE VIEW stuck_devices AS
  SELECT d.device_id::text, d.state, d.group_name::text, s.since, s.problem, d.config_version, d.applied_config_version
  FROM device d LEFT JOIN presence r USING (device_id)
  CROSS JOIN LATERAL (VALUES
    (d.failed_at, CASE WHEN d.failure IS NOT NULL THEN 'the device failed: ' || d.failure END, interval '0'),
    (coalesce(d.config_changed_at, d.registered_at), 'its configuration cannot be sent: ' || d.config_fault, interval '0'),
    (d.requested_at, CASE d.state WHEN 'provisioning_requested' THEN CASE WHEN d.waiting_digest IS NOT NULL THEN 'waits for approval' ELSE 'asked, and did not come back' END END, interval '1 hour'),
    (coalesce(d.credentials_sent_at, d.registered_at), CASE d.state WHEN 'registered' THEN CASE WHEN d.credentials_sent_at IS NULL THEN 'its credential was not sent' ELSE 'has a credential and did not connect' END END, interval '10 minutes'),
    (greatest(d.connected_at, d.config_changed_at), CASE d.state WHEN 'connected' THEN 'connected, and is not ready' END, interval '10 minutes'),
    (d.config_changed_at, CASE WHEN d.state = 'ready' AND r.online AND d.applied_config_version < d.config_version
      THEN 'did not acknowledge configuration ' || d.config_version END, interval '10 minutes')
  ) s(since, problem, patience)
  WHERE s.problem IS NOT NULL AND s.since < now() - s.patience;
COMMENT ON VIEW stuck_devices IS 'Devices that do not get on, and why: they said that they failed, their configuration names something unknown, or they are in a state longer than expected. A row for each problem.';

COMMENT ON COLUMN stuck_devices.since IS 'Since when it is so.';
COMMENT ON COLUMN stuck_devices.problem IS 'What it is, in words.';
COMMENT ON COLUMN devices.online IS 'It opened a session that neither it nor its will ended. False after either; empty: not known, or it never connected.';
GRANT SELECT ON stuck_devices TO latchkey_reader;

CREATE FUNCTION show_configs(name text DEFAULT NULL) RETURNS TABLE (level text, of text, config jsonb, endpoint jsonb, changes bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT 'fleet', NULL::text, f.config::jsonb, f.endpoint, f.changes FROM fleet_config f WHERE $1 IS NULL
  UNION ALL SELECT 'group', g.name::text, g.config::jsonb, g.endpoint, g.config_changes FROM enrollment_group g WHERE $1 IS NULL OR $1 = g.name
  UNION ALL SELECT 'device', coalesce(x.device_id, e.device_id)::text, coalesce(x.config, e.config)::jsonb, NULL, coalesce(x.changes, 1)
    FROM device_config x FULL JOIN enrollment e ON e.device_id = x.device_id
    WHERE (x.device_id IS NOT NULL OR e.config <> '{}') AND ($1 IS NULL OR $1 = coalesce(x.device_id, e.device_id))
$$;
COMMENT ON FUNCTION show_configs(text) IS 'What the fleet, its groups and single devices, or the one of this name, are configured with. No view shows it: it may hold secrets.';

CREATE FUNCTION spread_config_change(name text) RETURNS void LANGUAGE sql SET search_path = registry, pg_temp AS $$
  INSERT INTO config_change (scope) VALUES (coalesce(name, '')) ON CONFLICT (scope) DO UPDATE SET after = '';
  SELECT pg_notify('latchkey', 'config');
$$;
COMMENT ON FUNCTION spread_config_change(text) IS 'Internal: has every device of the group, or of the fleet, looked at by the service, in steps.';

CREATE FUNCTION set_fleet_config(config jsonb, reason text DEFAULT NULL) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE fleet_config f SET config = set_fleet_config.config, changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_config', reason);
END $$;
COMMENT ON FUNCTION set_fleet_config(jsonb, text) IS 'Sets what every device is configured with, below its group''s and its own. Devices that are online get what changes for them at once.';

CREATE FUNCTION set_group_config(name text, config jsonb, reason text DEFAULT NULL) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE enrollment_group g SET config = set_group_config.config, config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_config', reason);
END $$;
COMMENT ON FUNCTION set_group_config(text, jsonb, text) IS 'Sets what a group''s devices are configured with, over the fleet''s. Those that are online get what changes for them at once.';

CREATE FUNCTION put_device_config(id text, patch jsonb) RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  INSERT INTO device_config AS c (device_id, config) VALUES (id, patch)
    ON CONFLICT (device_id) DO UPDATE SET config = EXCLUDED.config, changes = c.changes + 1 WHERE c.config <> EXCLUDED.config;
  INSERT INTO config_due AS q (device_id) SELECT d.device_id FROM device d WHERE d.device_id = id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  PERFORM pg_notify('latchkey', 'config');
END $$;
COMMENT ON FUNCTION put_device_config(text, jsonb) IS 'Internal: stores what one device is configured with and has it looked at.';

CREATE FUNCTION set_device_config(device_id text, config jsonb, reason text DEFAULT NULL) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  IF NOT EXISTS (SELECT FROM device d WHERE d.device_id = device_id UNION ALL SELECT FROM enrollment e WHERE e.device_id = device_id) THEN
    PERFORM refuse('P0002', format('there is no device %s', device_id), 'It has to be enrolled, or to have registered. Ids are case-sensitive.');
  END IF;
  PERFORM put_device_config(device_id, config);
  INSERT INTO event (device_id, action, reason) VALUES (device_id, 'set_device_config', reason);
END $$;
COMMENT ON FUNCTION set_device_config(text, jsonb, text) IS 'Sets what one device is configured with, over its group''s; {} for nothing of its own. If it is online it gets it at once.';

-- Where devices connect. Anchors travel in every answer, in base64 twice: hence the bound.
CREATE FUNCTION make_endpoint(host text, port int, tls boolean, ca text) RETURNS jsonb LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE anchors bytea[];
BEGIN
  IF host IS NULL THEN
    RETURN NULL;
  ELSIF host !~ '^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$' THEN
    PERFORM refuse('22023', 'this is no host', 'A name or an address, without scheme and port. NULL for the one of the service''s configuration.');
  ELSIF port IS NULL OR port NOT BETWEEN 1 AND 65535 THEN
    PERFORM refuse('22023', 'this is no port', 'From 1 to 65535; 8883 is usual for MQTT with TLS.');
  END IF;
  anchors := array(SELECT pem(m[1]) FROM regexp_matches(ca, '(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)', 'g') m);
  IF ca IS NOT NULL AND anchors = '{}' THEN
    PERFORM refuse('22023', 'ca has no certificate', 'PEM: -----BEGIN CERTIFICATE----- ...');
  ELSIF (SELECT coalesce(sum(length(a)), 0) FROM unnest(anchors) a) > 2048 THEN
    PERFORM refuse('22023', 'ca is too large', 'At most 2048 bytes of DER in all.');
  END IF;
  PERFORM certificate_subject(a) FROM unnest(anchors) a;
  RETURN jsonb_build_object('host', host, 'port', port, 'tls', coalesce(tls, true)) ||
    CASE WHEN ca IS NULL THEN '{}' ELSE jsonb_build_object('ca', array(SELECT translate(encode(a, 'base64'), E'\n', '') FROM unnest(anchors) a)) END;
END $$;
COMMENT ON FUNCTION make_endpoint(text, int, boolean, text) IS 'Internal: an endpoint as it is stored.';

CREATE FUNCTION set_fleet_endpoint(host text, port int DEFAULT 8883, tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  UPDATE fleet_config SET endpoint = make_endpoint(host, port, tls, ca), changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_endpoint', set_fleet_endpoint.reason);
END $$;
COMMENT ON FUNCTION set_fleet_endpoint(text, int, boolean, text, text) IS
  'Where devices connect and what they trust there (ca: PEM; empty: they keep their anchors), unless their group says otherwise. They are told, and keep the old place until the new one works. host NULL: as the service''s configuration says.';

CREATE FUNCTION set_group_endpoint(name text, host text, port int DEFAULT 8883, tls boolean DEFAULT true, ca text DEFAULT NULL, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
BEGIN
  UPDATE enrollment_group g SET endpoint = make_endpoint(host, port, tls, ca), config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_endpoint', reason);
END $$;
COMMENT ON FUNCTION set_group_endpoint(text, text, int, boolean, text, text) IS 'The same for the devices of one group. host NULL: as the fleet''s.';

-- The service

-- One step of one change: which of the next thousand devices have it to be worked out anew.
CREATE FUNCTION walk_config_change(p jsonb) RETURNS TABLE (walked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
DECLARE change config_change; last text; seen int;
BEGIN
  SELECT * INTO change FROM config_change ORDER BY scope DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF change IS NULL THEN RETURN QUERY SELECT false; RETURN; END IF;
  WITH next AS MATERIALIZED (
    SELECT d.device_id, d.group_name, d.config_layers FROM device d WHERE change.scope <> '' AND d.group_name = change.scope AND d.device_id > change.after
      ORDER BY d.device_id LIMIT 1000),
  every AS MATERIALIZED (
    SELECT * FROM next UNION ALL
    (SELECT d.device_id, d.group_name, d.config_layers FROM device d WHERE change.scope = '' AND d.device_id > change.after ORDER BY d.device_id LIMIT 1000)),
  due AS (
    INSERT INTO config_due AS q (device_id)
    SELECT n.device_id FROM every n JOIN fleet_config f ON f.one LEFT JOIN enrollment_group g ON g.name = n.group_name LEFT JOIN device_config x ON x.device_id = n.device_id
      LEFT JOIN enrollment e ON e.device_id = n.device_id
      WHERE n.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0) ORDER BY n.device_id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0)
  SELECT count(*), max(n.device_id::text COLLATE "C") INTO seen, last FROM every n;
  IF seen < 1000 THEN
    DELETE FROM config_change WHERE scope = change.scope;
  ELSE
    UPDATE config_change SET after = last WHERE scope = change.scope;
  END IF;
  RETURN QUERY SELECT true;
END $$;
COMMENT ON FUNCTION walk_config_change(jsonb) IS 'Service: looks at the next devices that a change of a group or the fleet concerns. False: there is no change under way.';

-- Taken up by one replica; if that one dies, due again. Whoever does not acknowledge is sent it again, a few times, and then at its next status.
CREATE FUNCTION claim_configs(p jsonb) RETURNS TABLE (device_id text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH due AS (SELECT q.device_id FROM config_due q WHERE q.due_at <= now() ORDER BY q.due_at LIMIT 500 FOR UPDATE SKIP LOCKED),
  given_up AS (DELETE FROM config_due q USING due WHERE q.device_id = due.device_id AND q.tries >= 6)
  UPDATE config_due q SET due_at = now() + make_interval(secs => 5 * 2 ^ q.tries), tries = q.tries + 1
    FROM due WHERE q.device_id = due.device_id AND q.tries < 6 RETURNING q.device_id;
END $$;
COMMENT ON FUNCTION claim_configs(jsonb) IS 'Service: devices whose configuration is due, for the caller alone for five seconds and longer.';

CREATE TYPE worked_out_config AS (
  i int, device_id text, session text, waits boolean,
  version_from bigint, layers_from bigint, new_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE worked_out_config IS 'Service: one row of commit_configs.';

-- Lock order as in commit_statuses. Presence is locked too: a device that connects at this moment either is seen here or sees this.
CREATE FUNCTION commit_configs(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  b worked_out_config[] := array(SELECT r FROM jsonb_populate_recordset(NULL::worked_out_config, p) r ORDER BY r.device_id COLLATE "C");
  stale int[];
BEGIN
  PERFORM FROM device d JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR NO KEY UPDATE OF d;
  PERFORM FROM presence r JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR UPDATE OF r;
  stale := array(SELECT q.i FROM unnest(b) q JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
    WHERE (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from)
      OR coalesce(CASE WHEN r.online THEN r.session END, '') <> q.session);
  UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers, config_digest = q.config_digest, config_fault = q.config_fault,
      endpoint = q.endpoint, config_changed_at = CASE WHEN q.new_version > d.config_version THEN now() ELSE d.config_changed_at END
    FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale) AND d.device_id = q.device_id;
  DELETE FROM config_due c USING unnest(b) q WHERE c.device_id = q.device_id AND NOT q.waits AND NOT q.i = ANY (stale)
    AND c.tries > 0;  -- 0: there was another change since it was taken up
  UPDATE config_due c SET due_at = now() FROM unnest(b) q WHERE c.device_id = q.device_id AND q.i = ANY (stale);
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (stale) THEN 'again' ELSE 'won' END FROM unnest(b) q;
END $$;
COMMENT ON FUNCTION commit_configs(jsonb) IS 'Service: what was worked out for devices. won, or again (it is due at once), a row each.';

-- Sent at most once: a device that does not hear it asks again by itself within a minute.
CREATE FUNCTION claim_nudges(p jsonb) RETURNS TABLE (
  device_id text, request_id text, signed_by text, answer_key bytea, origin text, group_name text, proof text, material bytea, secondary_material bytea, loaded_at bigint)
LANGUAGE sql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
  WITH settled AS (
    DELETE FROM nudge n WHERE n.device_id IN (
      SELECT s.device_id FROM nudge s WHERE s.settled_at IS NOT NULL ORDER BY s.settled_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING n.*)
  SELECT n.device_id, n.request_id, n.signed_by, n.answer_key,
    CASE WHEN e.proof <> 'group' THEN 'device' WHEN g.name IS NOT NULL THEN 'group' END, g.name,
    CASE WHEN e.proof <> 'group' THEN e.proof ELSE g.proof END, CASE WHEN e.proof <> 'group' THEN e.material ELSE g.material END,
    CASE WHEN e.proof <> 'group' THEN NULL ELSE g.secondary_material END, micros(now())
  FROM settled n JOIN device d ON d.device_id = n.device_id
  LEFT JOIN enrollment e ON e.device_id = n.device_id
  LEFT JOIN enrollment_group g ON g.name = coalesce(e.group_name, d.group_name)
  WHERE n.settled_at > now() - interval '10 minutes'
$$;
COMMENT ON FUNCTION claim_nudges(jsonb) IS 'Service: devices to tell that an operator decided on their request, each handed out once.';

-- A link that was lost may have been dead for a while before that was noticed: half a minute is more than its keepalive.
CREATE FUNCTION note_links(p jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off AS $$
BEGIN
  INSERT INTO broker_link AS l (link, ready_at, until)
    SELECT q.link, clock_timestamp() - make_interval(secs => q.ready_ms / 1000.0), clock_timestamp() FROM jsonb_to_recordset(p) AS q(link text, ready_ms bigint, lost boolean) WHERE NOT q.lost
    ON CONFLICT (link) DO UPDATE SET until = EXCLUDED.until;
  UPDATE broker_link l SET until = greatest(l.ready_at, least(l.until, clock_timestamp() - interval '30 seconds'))
    FROM jsonb_to_recordset(p) AS q(link text, lost boolean) WHERE q.lost AND l.link = q.link;
  -- What covers the beginning of another one stays as long as that does.
  DELETE FROM broker_link l WHERE l.until < now() - interval '7 days'
    AND NOT EXISTS (SELECT FROM broker_link n WHERE n.ready_at > l.ready_at AND n.ready_at <= l.until)
    AND l.ready_at < presence_known_since();
END $$;
COMMENT ON FUNCTION note_links(jsonb) IS 'Service: this replica listens at the broker, or has lost its connection.';

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA registry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION show_configs, set_fleet_config, set_group_config, set_device_config, set_fleet_endpoint, set_group_endpoint TO latchkey_ops;
GRANT EXECUTE ON FUNCTION walk_config_change(jsonb), claim_configs(jsonb), commit_configs(jsonb), claim_nudges(jsonb), note_links(jsonb) TO latchkey_service;
