-- migrate:up
-- What the service calls: one statement to load a batch, one to commit it. The service's login can do nothing else:
-- it reads no table and writes none, it executes these functions, which run as their owner.
--
-- They are plpgsql throughout, which keeps a plan for as long as the connection lives: a function in SQL is planned anew at
-- every call, which took as long as everything else of a load. enable_seqscan is off in each of them, and so are hash and
-- merge joins: on a fresh database the tables look small, the plan would read them whole, if need be by way of an index, and
-- it would stay so while they grow. For the same reason devices are locked by `= ANY (array)`, which leaves no other way.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE FUNCTION is_live(c credential, at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN (c.status = 'active' AND c.not_after > at) OR (c.status = 'issued' AND least(c.not_after, c.use_by) > at);
COMMENT ON FUNCTION is_live(credential, timestamptz) IS 'Neither retired nor revoked nor expired; if never used, still to be used in time.';

CREATE FUNCTION micros(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN (extract(epoch FROM at) * 1000000)::bigint;
COMMENT ON FUNCTION micros(timestamptz) IS 'Microseconds since the epoch.';

CREATE TYPE request_facts AS (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea, id_from text, enabled boolean,
  in_window boolean, id_matches boolean, admission text, listed boolean, may_reprovision boolean,
  credential_types text, lifetime_s bigint, unused_life_s bigint, seal_config boolean, quota text,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text, proof_key bytea, waiting_digest bytea, approved_digest bytea, rejected_digest bytea,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  same_generation bigint, same_type text, same_digest bytea, same_certificate bytea, same_salt bytea, same_master_key bytea,
  same_not_before bigint, same_not_after bigint, same_live boolean,
  newest_generation bigint, newest_type text, newest_not_before bigint, newest_not_after bigint, newest_live boolean,
  presented_certificate bytea, presented_status text
);
COMMENT ON TYPE request_facts IS 'Service: one row of load_requests.';

CREATE FUNCTION load_requests(p jsonb) RETURNS SETOF request_facts
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    o.origin, g.name::text, CASE o.origin WHEN 'device' THEN e.proof ELSE g.proof END, CASE o.origin WHEN 'device' THEN e.material ELSE coalesce(u.hash, g.material) END,
    CASE o.origin WHEN 'group' THEN g.secondary_material END, CASE o.origin WHEN 'group' THEN g.id_from END,
    -- A disabled individual enrolment beats an enabled group, for renewals too.
    coalesce(e.status, 'enabled') = 'enabled' AND (o.origin = 'device' OR g.status = 'enabled'),
    -- An individual proof is an admission by itself: window, pattern and quota bound who joins by the group's.
    o.origin = 'device' OR (coalesce(g.valid_from <= now(), true) AND coalesce(now() < g.valid_until, true) AND coalesce(now() < u.valid_until, true)),
    o.origin = 'device' OR g.device_id_pattern IS NULL OR q.device_id ~ ('^(?:' || g.device_id_pattern || ')$'),
    CASE o.origin WHEN 'device' THEN 'automatic' ELSE g.admission END, coalesce(e.proof = 'group', false),
    coalesce(g.reprovisioning, 'rotate') = 'rotate', array_to_string(coalesce(g.credential_types, '{x509}'), ','),
    coalesce(g.lifetime_s, 7776000), coalesce(g.unused_life_s, 86400), coalesce(g.seal_config, false), CASE o.origin WHEN 'group' THEN coalesce(u.quota, g.quota) END,
    f.config::text, g.config::text, coalesce(x.config, e.config)::text, coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by, d.proof_key, d.waiting_digest, d.approved_digest, d.rejected_digest,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault, d.endpoint, d.endpoint_given,
    d.attributes::text,
    s.generation, s.type, s.digest, s.certificate, s.salt, s.master_key,
    micros(s.not_before), micros(s.not_after), is_live(s, now()),
    n.generation, n.type, micros(n.not_before), micros(n.not_after), is_live(n, now()),
    r.certificate, CASE WHEN r.status IN ('retired', 'revoked') THEN r.status WHEN is_live(r, now()) THEN 'live'
      WHEN r.status = 'active' AND r.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) > now() THEN 'in_grace'
      WHEN r.status IS NOT NULL THEN 'expired' END
  FROM jsonb_to_recordset(p) AS q(i int, device_id text, request_id text, group_name text, token_hash bytea, ca_subject bytea, certificate bytea)
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true  -- LIMIT: the planner expects hundreds
  LEFT JOIN device d ON d.device_id = q.device_id
  LEFT JOIN enrollment e ON e.device_id = q.device_id
  LEFT JOIN device_config x ON x.device_id = q.device_id
  LEFT JOIN enrollment_group t ON t.proof = 'token' AND t.material = q.token_hash
  LEFT JOIN token k ON k.hash = q.token_hash
  LEFT JOIN group_ca ca ON ca.subject = q.ca_subject
  -- Nothing is tried in turn: a certificate of ours names the device's enrolment, then comes the device's own, then what the proof names.
  LEFT JOIN enrollment_group g ON g.name = CASE WHEN q.certificate IS NOT NULL THEN d.group_name WHEN e.device_id IS NOT NULL THEN e.group_name
    WHEN q.token_hash IS NOT NULL THEN coalesce(t.name, k.group_name) WHEN q.ca_subject IS NOT NULL THEN ca.group_name ELSE q.group_name END
  LEFT JOIN token u ON u.hash = k.hash AND u.group_name = g.name  -- a token of another group says nothing here
  CROSS JOIN LATERAL (SELECT CASE
    WHEN q.certificate IS NOT NULL AND d.enrolled_by = 'device' THEN CASE WHEN e.proof <> 'group' THEN 'device' END
    WHEN q.certificate IS NOT NULL THEN CASE WHEN d.enrolled_by = 'group:' || g.name THEN 'group' END
    WHEN e.proof <> 'group' THEN 'device' WHEN g.name IS NOT NULL THEN 'group' END AS origin) o
  LEFT JOIN credential s ON s.device_id = q.device_id AND s.request_id = q.request_id
  -- Not d.generation: `restored` leaves a gap before the next one.
  LEFT JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c WHERE c.device_id = d.device_id) newest ON true
  LEFT JOIN credential n ON n.device_id = d.device_id AND n.generation = newest.generation
  LEFT JOIN credential r ON r.device_id = q.device_id AND r.fingerprint = q.certificate;
END $$;
COMMENT ON FUNCTION load_requests(jsonb) IS 'Service: everything that decides a batch of requests, a row each.';

CREATE TYPE decided_request AS (
  i int, device_id text, tracking_id uuid, received_at timestamptz, decision text, code text, reason text, group_name text, counted boolean,
  expected bigint, to_registered boolean, enrolled_by text, proof_key bytea, quota text, attributes jsonb,
  type text, request_id text, digest bytea, serial bytea, certificate bytea, fingerprint bytea, key_fingerprint bytea,
  salt bytea, master_key bytea, password_hash bytea, encryption_key bytea, signed_by text, answer_key bytea,
  not_before timestamptz, not_after timestamptz, use_by timestamptz, repeated bigint,
  version_from bigint, layers_from bigint, config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE decided_request IS 'Service: one row of commit_requests.';

CREATE FUNCTION note_clone(device text, kind text, found jsonb) RETURNS void LANGUAGE sql SET search_path = registry, pg_temp AS $$
  INSERT INTO clone_sign AS s (device_id, sign, evidence) VALUES (device, kind, found)
    ON CONFLICT (device_id, sign) DO UPDATE SET last_seen = now(), times = s.times + 1, evidence = EXCLUDED.evidence
$$;
COMMENT ON FUNCTION note_clone(text, text, jsonb) IS 'Internal: a sign that two devices share one identity.';

-- Honest devices keep a key or make a new one; none goes back to the one before, and none has another's. Two transactions that
-- commit one key within the same milliseconds do not see each other: their next credentials show it. Looking once more after the
-- commit took 27 us a device, a third of what it costs to mark an answer as sent.
CREATE FUNCTION note_cloned_keys(b decided_request[], won int[]) RETURNS void
LANGUAGE plpgsql SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
  PERFORM note_clone(q.device_id, 'key_came_back', jsonb_build_object('key', encode(q.key_fingerprint, 'hex'),
      'generations', jsonb_build_array(o.generation, p.generation, coalesce(q.expected, 0) + 1)))
    FROM unnest(b) q
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c WHERE c.device_id = q.device_id AND c.generation <= q.expected) before ON true
    JOIN credential p ON p.device_id = q.device_id AND p.generation = before.generation AND p.key_fingerprint <> q.key_fingerprint
    JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c
      WHERE c.device_id = q.device_id AND c.generation < q.expected AND c.key_fingerprint = q.key_fingerprint) o ON o.generation IS NOT NULL
    WHERE q.i = ANY (won) AND q.expected > 1;
  PERFORM note_clone(x.device_id, 'key_at_two_devices', jsonb_build_object('key', encode(x.key, 'hex'), 'other_device', x.other))
    FROM (SELECT DISTINCT v.device_id, v.other, q.key_fingerprint AS key
          FROM unnest(b) q JOIN credential c ON c.key_fingerprint = q.key_fingerprint AND c.device_id <> q.device_id
          CROSS JOIN LATERAL (VALUES (q.device_id, c.device_id), (c.device_id, q.device_id)) AS v(device_id, other) WHERE q.i = ANY (won)
          ORDER BY 1, 2 LIMIT 1000) x;
END $$;
COMMENT ON FUNCTION note_cloned_keys(decided_request[], int[]) IS 'Internal: keys of new credentials that were seen elsewhere, or before the one before.';

-- A request that waits for an operator. The first digest that waits is the one that can be approved.
CREATE FUNCTION commit_waiting(b decided_request[]) RETURNS int[]
LANGUAGE plpgsql SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE stale int[];
BEGIN
  IF NOT EXISTS (SELECT FROM unnest(b) WHERE decision = 'pending') THEN RETURN '{}'; END IF;
  WITH ins AS (
    INSERT INTO device (device_id, group_name, state, generation, attributes, requested_at, waiting_digest, waiting_since)
    SELECT device_id, group_name, 'provisioning_requested', 0, attributes, received_at, digest, now()
    FROM unnest(b) WHERE decision = 'pending' AND expected IS NULL ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET state = 'provisioning_requested', requested_at = coalesce(d.requested_at, q.received_at),
      -- An operator sees what belongs to the request that waits, not what another one says of itself.
      group_name = CASE WHEN d.waiting_digest <> q.digest THEN d.group_name ELSE q.group_name END,
      attributes = CASE WHEN d.waiting_digest <> q.digest OR q.attributes = '{}' THEN d.attributes ELSE q.attributes END,
      waiting_digest = coalesce(d.waiting_digest, q.digest), waiting_since = coalesce(d.waiting_since, now())
    FROM unnest(b) q WHERE q.decision = 'pending' AND d.device_id = q.device_id AND d.generation = q.expected
      AND d.state IN ('off', 'provisioning_requested') RETURNING d.device_id)
  SELECT array(SELECT q.i FROM unnest(b) q WHERE q.decision = 'pending' AND q.device_id NOT IN (SELECT device_id FROM ins UNION ALL SELECT device_id FROM upd))
    INTO stale;
  INSERT INTO nudge (device_id, request_id, signed_by, answer_key)
    SELECT q.device_id, q.request_id, q.signed_by, q.answer_key FROM unnest(b) q JOIN device d USING (device_id)
    WHERE q.decision = 'pending' AND d.waiting_digest = q.digest AND q.request_id IS NOT NULL
    ON CONFLICT (device_id) DO UPDATE SET request_id = EXCLUDED.request_id, signed_by = EXCLUDED.signed_by, answer_key = EXCLUDED.answer_key, settled_at = NULL;
  RETURN stale;
END $$;
COMMENT ON FUNCTION commit_waiting(decided_request[]) IS 'Internal: devices that wait for approval. Returns the rows that have to be decided again.';

-- One batch, one statement, one transaction; a device at most once among what is accepted or waits. Locks in one order for everybody:
-- quotas by name, known devices by id, new devices by id. `expected` is the generation that the load saw, NULL: no row.
CREATE FUNCTION commit_requests(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  b decided_request[] := array(SELECT r FROM jsonb_populate_recordset(NULL::decided_request, p) r ORDER BY r.device_id COLLATE "C");
  won int[]; over int[]; stale int[];
BEGIN
  PERFORM FROM quota WHERE name IN (
    SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name IN (
      SELECT q.quota FROM unnest(b) q WHERE q.decision = 'accepted' AND q.to_registered
      UNION SELECT d.quota FROM unnest(b) q JOIN device d ON d.device_id = q.device_id WHERE q.decision = 'accepted' AND q.to_registered AND q.expected IS NOT NULL))
    ORDER BY name FOR UPDATE;
  PERFORM FROM device WHERE device_id = ANY (array(SELECT q.device_id FROM unnest(b) q WHERE q.expected IS NOT NULL AND q.decision IN ('accepted', 'pending')))
    ORDER BY device_id FOR NO KEY UPDATE;
  WITH able AS (
    -- A device counts once, in the quota that registered it; one that comes back through another group moves.
    -- A token's uses count for its group as well: that is the top of both.
    SELECT q.*, d.device_id IS NOT NULL AS known, t.max - t.used AS room, p.name AS top, p.max - p.used AS top_room, o.top AS old_top,
      q.to_registered AND d.quota IS DISTINCT FROM q.quota AND o.top IS DISTINCT FROM p.name AS moves_top,
      q.to_registered AND d.quota IS DISTINCT FROM q.quota AND (o.top IS DISTINCT FROM p.name OR q.quota <> p.name) AS moves
    FROM unnest(b) q LEFT JOIN device d ON d.device_id = q.device_id LEFT JOIN quota t ON t.name = q.quota
      LEFT JOIN quota p ON p.name = coalesce(t.parent, t.name)
      LEFT JOIN LATERAL (SELECT coalesce(x.parent, x.name) AS top FROM quota x WHERE x.name = d.quota) o ON true
    WHERE q.decision = 'accepted' AND CASE WHEN q.expected IS NULL THEN d.device_id IS NULL
      ELSE d.generation = q.expected AND d.state NOT IN ('suspended', 'revoked') AND q.to_registered = (d.state IN ('off', 'provisioning_requested'))
        -- The answer tells a version: nobody else may have worked one out meanwhile.
        AND (q.version_from IS NULL OR (d.config_version, d.config_layers) IS NOT DISTINCT FROM (q.version_from, q.layers_from)) END),
  fitting AS (
    SELECT *, moves AND coalesce(row_number() OVER (PARTITION BY quota, moves ORDER BY i) > room, false) AS beyond_own FROM able),
  sorted AS (
    SELECT *, beyond_own OR moves_top AND coalesce(row_number() OVER (PARTITION BY top, moves_top, beyond_own ORDER BY i) > top_room, false) AS beyond FROM fitting),
  ins AS (
    INSERT INTO device (device_id, group_name, enrolled_by, proof_key, quota, state, generation, attributes, requested_at, registered_at,
                        config_version, config_layers, config_digest, config_fault, endpoint, endpoint_given)
    SELECT device_id, group_name, enrolled_by, proof_key, quota, 'registered', 1, attributes, received_at, now(),
           coalesce(config_version, 1), config_layers, config_digest, config_fault, endpoint, endpoint
    FROM sorted WHERE NOT known AND NOT beyond ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO NOTHING RETURNING device_id),
  upd AS (
    UPDATE device d SET generation = d.generation + 1, attributes = CASE q.attributes WHEN '{}' THEN d.attributes ELSE q.attributes END, credentials_sent_at = NULL,
      group_name = q.group_name, enrolled_by = q.enrolled_by,
      proof_key = CASE WHEN q.to_registered THEN q.proof_key ELSE d.proof_key END,
      quota = CASE WHEN q.to_registered THEN q.quota ELSE d.quota END,
      state = CASE WHEN q.to_registered THEN 'registered' ELSE d.state END,
      requested_at = CASE WHEN q.to_registered THEN coalesce(d.requested_at, q.received_at) ELSE d.requested_at END,
      registered_at = CASE WHEN q.to_registered THEN now() ELSE d.registered_at END,
      connected_at = CASE WHEN q.to_registered THEN NULL ELSE d.connected_at END,
      ready_at = CASE WHEN q.to_registered THEN NULL ELSE d.ready_at END,
      waiting_digest = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_digest END,
      waiting_since = CASE WHEN q.to_registered THEN NULL ELSE d.waiting_since END,
      approved_digest = CASE WHEN q.to_registered THEN NULL ELSE d.approved_digest END,
      rejected_digest = CASE WHEN q.to_registered THEN NULL ELSE d.rejected_digest END,
      -- A device that starts anew has nothing applied; one that rotates keeps what it acknowledged.
      applied_config_version = CASE WHEN q.to_registered THEN 0 ELSE d.applied_config_version END,
      config_version = coalesce(q.config_version, d.config_version), config_layers = q.config_layers,
      config_changed_at = CASE WHEN q.config_version > d.config_version THEN now() ELSE d.config_changed_at END,
      config_digest = q.config_digest, config_fault = q.config_fault, endpoint = q.endpoint,
      endpoint_given = CASE WHEN q.to_registered THEN q.endpoint ELSE d.endpoint_given END
    FROM sorted q WHERE q.known AND NOT q.beyond AND d.device_id = q.device_id
    RETURNING q.i),
  registered AS (SELECT s.i, s.quota, s.top, s.old_top, s.moves, s.moves_top FROM sorted s WHERE s.i IN (SELECT u.i FROM upd u) OR s.device_id IN (SELECT n.device_id FROM ins n)),
  counted AS (
    UPDATE quota t SET used = t.used + c.n
    -- A use of a token is spent; a place in a group is given back.
    FROM (SELECT name, sum(n) AS n FROM (SELECT quota AS name, 1 AS n FROM registered WHERE moves
            UNION ALL SELECT top, 1 FROM registered WHERE moves_top AND top <> quota
            UNION ALL SELECT old_top, -1 FROM registered WHERE moves_top AND old_top NOT LIKE 'token:%') x GROUP BY 1) c WHERE c.name = t.name)
  SELECT array(SELECT r.i FROM registered r), array(SELECT s.i FROM sorted s WHERE s.beyond) INTO won, over;
  -- What is repeated has to be what it was when it was loaded: a revocation in between has the last word.
  stale := commit_waiting(b) || array(SELECT q.i FROM unnest(b) q WHERE q.repeated IS NOT NULL AND NOT EXISTS (
    SELECT FROM device d JOIN credential c USING (device_id)
    WHERE d.device_id = q.device_id AND d.state NOT IN ('suspended', 'revoked') AND c.generation = q.repeated AND is_live(c, now())));
  UPDATE credential c SET status = 'retired', ended_at = now()
    FROM unnest(b) q WHERE q.i = ANY (won) AND q.expected > 0 AND c.device_id = q.device_id AND c.status = 'issued';
  INSERT INTO credential (device_id, generation, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint,
                          salt, master_key, password_hash, encryption_key, signed_by, answer_key, not_before, not_after, use_by)
    SELECT device_id, coalesce(expected, 0) + 1, type, request_id, digest, serial, certificate, fingerprint, key_fingerprint,
           salt, master_key, password_hash, encryption_key, signed_by, answer_key, not_before, not_after, use_by
    FROM unnest(b) WHERE i = ANY (won) ORDER BY device_id COLLATE "C";
  PERFORM note_cloned_keys(b, won);
  INSERT INTO attempt (tracking_id, device_id, received_at, decision, code, reason, group_name, latency_us)
    SELECT tracking_id, device_id, received_at, CASE WHEN i = ANY (over) THEN 'rejected' ELSE decision END,
           CASE WHEN i = ANY (over) THEN 'quota_exceeded' ELSE code END,
           CASE WHEN i = ANY (over) THEN 'the quota ' || quota || CASE WHEN quota LIKE 'token:%' THEN ' or that of its group' ELSE '' END || ' is used up' ELSE reason END, group_name,
           greatest(0, extract(epoch FROM clock_timestamp() - received_at) * 1e6)
    FROM unnest(b) WHERE (decision <> 'accepted' OR i = ANY (won || over)) AND NOT i = ANY (stale) AND counted IS NOT TRUE;
  INSERT INTO attempt_count AS a (minute, group_name, code, writer, n)
    SELECT date_trunc('minute', now()), coalesce(group_name, ''), code, pg_backend_pid(), count(*) FROM unnest(b) WHERE counted GROUP BY 2, 3
    ON CONFLICT (minute, group_name, code, writer) DO UPDATE SET n = a.n + EXCLUDED.n;
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (over) THEN 'quota_exceeded' WHEN q.i = ANY (won) THEN 'won'
                                WHEN q.decision = 'accepted' OR q.i = ANY (stale) THEN 'again' ELSE 'noted' END FROM unnest(b) q;
END $$;
COMMENT ON FUNCTION commit_requests(jsonb) IS 'Service: registers what was granted and writes the ledger. won, noted, again (load and decide again) or quota_exceeded, a row each.';

CREATE FUNCTION mark_sent(p jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE ids text[] := array(SELECT q.device_id FROM jsonb_to_recordset(p) AS q(device_id text));
BEGIN
  PERFORM FROM device WHERE device_id = ANY (ids) ORDER BY device_id FOR NO KEY UPDATE;
  UPDATE device d SET credentials_sent_at = now() FROM jsonb_to_recordset(p) AS q(device_id text, generation bigint)
    WHERE d.device_id = ANY (ids) AND d.device_id = q.device_id AND d.generation = q.generation AND d.credentials_sent_at IS NULL;
END $$;
COMMENT ON FUNCTION mark_sent(jsonb) IS 'Service: the broker took the answers with these credentials.';

CREATE FUNCTION load_statuses(p jsonb)
RETURNS TABLE (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea, enabled boolean, seal_config boolean,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  credential_generation bigint, live boolean, signed_by text, answer_key bytea, encryption_key bytea, credential_type text, session text
) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    CASE WHEN d.enrolled_by = 'device' AND e.device_id IS NOT NULL THEN 'device' WHEN d.enrolled_by LIKE 'group:%' AND g.name IS NOT NULL THEN 'group' END,
    d.group_name::text, CASE d.enrolled_by WHEN 'device' THEN e.proof ELSE g.proof END, CASE d.enrolled_by WHEN 'device' THEN e.material ELSE g.material END,
    CASE WHEN d.enrolled_by <> 'device' THEN g.secondary_material END,
    CASE d.enrolled_by WHEN 'device' THEN e.status ELSE g.status END = 'enabled', coalesce(g.seal_config, false),
    f.config::text, g.config::text, coalesce(x.config, e.config)::text, coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault, d.endpoint, d.endpoint_given, d.attributes::text,
    c.generation, is_live(c, now()), c.signed_by, c.answer_key, c.encryption_key, c.type, CASE WHEN r.online THEN r.session END
  FROM jsonb_to_recordset(p) AS q(i int, device_id text, generation bigint)
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true  -- LIMIT: the planner expects hundreds
  LEFT JOIN device d ON d.device_id = q.device_id
  LEFT JOIN enrollment e ON e.device_id = d.device_id
  LEFT JOIN device_config x ON x.device_id = d.device_id
  LEFT JOIN enrollment_group g ON g.name = d.group_name
  LEFT JOIN presence r ON r.device_id = d.device_id
  LEFT JOIN credential c ON c.device_id = d.device_id AND c.generation = coalesce(q.generation, r.generation);
END $$;
COMMENT ON FUNCTION load_statuses(jsonb) IS 'Service: everything that decides a batch of statuses, a row each.';

CREATE TYPE decided_status AS (
  i int, device_id text, kind text, session text, generation bigint, config_version bigint, attributes jsonb, failure text,
  expected text, next text,
  version_from bigint, layers_from bigint, new_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE decided_status IS 'Service: one row of commit_statuses.';

CREATE FUNCTION note_alternation(b decided_status[], taken_up int[]) RETURNS void
LANGUAGE sql SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  UPDATE presence r SET returns = CASE WHEN r.returning_since > now() - interval '10 minutes' THEN r.returns + 1 ELSE 1 END,
      returning_since = CASE WHEN r.returning_since > now() - interval '10 minutes' THEN r.returning_since ELSE now() END
    FROM unnest(b) q WHERE q.i = ANY (taken_up) AND r.device_id = q.device_id;
  SELECT note_clone(q.device_id, 'sessions_alternate', jsonb_build_object('sessions', jsonb_build_array(r.session, q.session), 'times', r.returns, 'since', r.returning_since))
    FROM unnest(b) q JOIN presence r ON r.device_id = q.device_id WHERE q.i = ANY (taken_up) AND r.returns >= 3;
$$;
COMMENT ON FUNCTION note_alternation(decided_status[], int[]) IS 'Internal: a session''s name was taken up again; three times in ten minutes is a sign of a clone.';

-- Only what changes a device locks it: a fleet that reconnects writes presence and nothing else.
-- Lock order as in commit_requests: devices by id, then presence by id.
CREATE FUNCTION commit_statuses(p jsonb) RETURNS TABLE (i int, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
  b decided_status[] := array(SELECT r FROM jsonb_populate_recordset(NULL::decided_status, p) r ORDER BY r.device_id COLLATE "C");
  stale int[]; taken_up int[];
BEGIN
  PERFORM FROM device d JOIN unnest(b) q USING (device_id)
    WHERE q.expected <> q.next OR q.kind IN ('ready', 'failed') OR q.new_version IS NOT NULL OR (q.kind = 'connected' AND (d.connected_at IS NULL OR d.credentials_sent_at IS NULL OR EXISTS (
      SELECT FROM credential c WHERE c.device_id = q.device_id AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation AND c.status IN ('issued', 'active')))))
    ORDER BY device_id FOR NO KEY UPDATE OF d;
  PERFORM FROM presence r JOIN unnest(b) q USING (device_id) ORDER BY device_id FOR UPDATE OF r;
  -- The world may have moved since the load: another session, another state, a credential that ended.
  stale := array(SELECT q.i FROM unnest(b) q LEFT JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id)
    LEFT JOIN credential c ON c.device_id = q.device_id AND c.generation = q.generation
    -- The configuration in the answer has to be the one of now: what changes it locks presence, as this does.
    WHERE d.state IS DISTINCT FROM q.expected OR (q.version_from IS NOT NULL AND (d.config_version, d.config_layers) IS DISTINCT FROM (q.version_from, q.layers_from))
      OR CASE q.kind WHEN 'connected' THEN c IS NULL OR NOT is_live(c, now())
      ELSE NOT coalesce(r.online AND r.session = q.session, false) END);
  -- A device names each session anew. Two that share a credential and keep connections of their own take turns.
  taken_up := array(SELECT q.i FROM unnest(b) q JOIN presence r USING (device_id)
    WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND q.session = r.previous_session AND q.session <> r.session);
  IF taken_up <> '{}' THEN PERFORM note_alternation(b, taken_up); END IF;
  INSERT INTO presence AS r (device_id, session, generation, online, last_seen_at)
    SELECT device_id, session, generation, true, now() FROM unnest(b) WHERE kind = 'connected' AND NOT i = ANY (stale) ORDER BY device_id COLLATE "C"
    ON CONFLICT (device_id) DO UPDATE SET session = EXCLUDED.session, generation = EXCLUDED.generation, online = true, last_seen_at = now(),
      previous_session = CASE WHEN r.session <> EXCLUDED.session THEN r.session ELSE r.previous_session END;
  UPDATE presence r SET online = q.kind <> 'disconnected', last_seen_at = now()
    FROM unnest(b) q WHERE q.kind <> 'connected' AND NOT q.i = ANY (stale) AND r.device_id = q.device_id;
  UPDATE credential c SET status = CASE WHEN c.generation = q.generation THEN 'active' ELSE 'retired' END,
      connected_at = CASE WHEN c.generation = q.generation THEN now() ELSE c.connected_at END,
      ended_at = CASE WHEN c.generation < q.generation THEN now() END
    FROM unnest(b) q WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND c.device_id = q.device_id
      AND (c.generation = q.generation AND c.status = 'issued' OR c.generation < q.generation AND c.status IN ('issued', 'active'));
  IF EXISTS (SELECT FROM unnest(b) WHERE new_version IS NOT NULL) THEN
    UPDATE device d SET config_version = q.new_version, config_layers = q.config_layers, config_digest = q.config_digest, config_fault = q.config_fault,
        endpoint = q.endpoint, config_changed_at = CASE WHEN q.new_version > d.config_version THEN now() ELSE d.config_changed_at END
      FROM unnest(b) q WHERE q.new_version IS NOT NULL AND NOT q.i = ANY (stale) AND d.device_id = q.device_id;
  END IF;
  -- What did not lock the device above may have been overtaken by an operator, who has the last word: hence q.expected.
  -- Who connects with a credential was sent it, even if the process died before it could write that down.
  UPDATE device d SET state = q.next, connected_at = coalesce(d.connected_at, now()),
      credentials_sent_at = CASE WHEN d.generation = q.generation THEN coalesce(d.credentials_sent_at, now()) ELSE d.credentials_sent_at END
    FROM unnest(b) q WHERE q.kind = 'connected' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected
      AND (q.next <> d.state OR d.connected_at IS NULL OR (d.credentials_sent_at IS NULL AND d.generation = q.generation));
  UPDATE device d SET state = q.next, attributes = coalesce(q.attributes, d.attributes),
      applied_config_version = greatest(d.applied_config_version, least(q.config_version, d.config_version)),
      endpoint_given = CASE WHEN q.config_version >= d.config_version THEN d.endpoint ELSE d.endpoint_given END,
      ready_at = CASE WHEN q.next = 'ready' THEN coalesce(d.ready_at, now()) ELSE d.ready_at END,
      failure = CASE WHEN q.next = 'ready' THEN NULL ELSE d.failure END
    FROM unnest(b) q WHERE q.kind = 'ready' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected
      AND (q.next <> d.state OR q.config_version > d.applied_config_version OR q.attributes <> d.attributes
        OR (q.next = 'ready' AND d.failure IS NOT NULL));
  UPDATE device d SET failed_at = now(), failure = q.failure
    FROM unnest(b) q WHERE q.kind = 'failed' AND NOT q.i = ANY (stale) AND d.device_id = q.device_id AND d.state = q.expected;
  RETURN QUERY SELECT q.i, CASE WHEN q.i = ANY (stale) THEN 'again' ELSE 'won' END FROM unnest(b) q;
END $$;
COMMENT ON FUNCTION commit_statuses(jsonb) IS 'Service: what devices said of themselves. won, or again (load and decide again), a row each.';

GRANT EXECUTE ON FUNCTION load_requests(jsonb), commit_requests(jsonb), mark_sent(jsonb), load_statuses(jsonb), commit_statuses(jsonb) TO latchkey_service;
