CREATE OR REPLACE FUNCTION load_requests(p jsonb) RETURNS SETOF request_facts
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    o.origin, g.name::text, CASE o.origin WHEN 'device' THEN e.proof ELSE g.proof END,
    CASE o.origin WHEN 'device' THEN e.material ELSE coalesce(u.hash, g.material) END,
    CASE o.origin WHEN 'group' THEN g.secondary_material END,
    CASE o.origin WHEN 'group' THEN g.id_from END,
    -- A disabled individual enrolment beats an enabled group, for renewals too.
    coalesce(e.status, 'enabled') = 'enabled' AND (o.origin = 'device' OR g.status = 'enabled'),
    -- An individual proof is an admission by itself: window, pattern and quota bound who joins by
    -- the group's.
    o.origin = 'device'
      OR (coalesce(g.valid_from <= now(), true) AND coalesce(now() < g.valid_until, true)
      AND coalesce(now() < u.valid_until, true)),
    o.origin = 'device' OR g.device_id_pattern IS NULL
      OR q.device_id ~ ('^(?:' || g.device_id_pattern || ')$'),
    CASE o.origin WHEN 'device' THEN 'automatic' ELSE g.admission END,
    coalesce(e.proof = 'group', false),
    coalesce(g.reprovisioning, 'rotate') = 'rotate',
    array_to_string(coalesce(g.credential_types, '{x509}'), ','),
    coalesce(g.lifetime_s, 7776000), coalesce(g.unused_life_s, 86400),
    coalesce(g.seal_config, false), CASE o.origin WHEN 'group' THEN coalesce(u.quota, g.quota) END,
    f.config::text, g.config::text, coalesce(x.config, e.config)::text,
    coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by, d.proof_key, d.waiting_digest, d.approved_digest,
    d.rejected_digest,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault,
    d.endpoint, d.endpoint_given,
    d.attributes::text,
    s.generation, s.type, s.digest, s.certificate, s.salt, s.master_key,
    micros(s.not_before), micros(s.not_after), is_live(s, now()),
    n.generation, n.type, micros(n.not_before), micros(n.not_after), is_live(n, now()),
    r.certificate, CASE
      WHEN r.status IN ('retired', 'revoked') THEN r.status
      WHEN is_live(r, now()) THEN 'live'
      WHEN r.status = 'active'
        AND r.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) > now()
        THEN 'in_grace'
      WHEN r.status IS NOT NULL THEN 'expired' END
  FROM jsonb_populate_recordset(NULL::request_key, p) q
  -- LIMIT: the planner expects hundreds
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true
  LEFT JOIN device d ON d.device_id = q.device_id
  LEFT JOIN enrollment e ON e.device_id = q.device_id
  LEFT JOIN device_config x ON x.device_id = q.device_id
  LEFT JOIN enrollment_group t ON t.proof = 'token' AND t.material = q.token_hash
  LEFT JOIN token k ON k.hash = q.token_hash
  LEFT JOIN group_ca ca ON ca.subject = q.ca_subject
  -- Nothing is tried in turn: a certificate of ours names the device's enrolment, then comes the
  -- device's own, then what the proof names.
  LEFT JOIN enrollment_group g ON g.name = CASE
    WHEN q.certificate IS NOT NULL THEN d.group_name
    WHEN e.device_id IS NOT NULL THEN e.group_name
    WHEN q.token_hash IS NOT NULL THEN coalesce(t.name, k.group_name)
    WHEN q.ca_subject IS NOT NULL THEN ca.group_name
    ELSE q.group_name END
  -- a token of another group says nothing here
  LEFT JOIN token u ON u.hash = k.hash AND u.group_name = g.name
  CROSS JOIN LATERAL (SELECT CASE
    WHEN q.certificate IS NOT NULL AND d.enrolled_by = 'device'
      THEN CASE WHEN e.proof <> 'group' THEN 'device' END
    WHEN q.certificate IS NOT NULL
      THEN CASE WHEN d.enrolled_by = 'group:' || g.name THEN 'group' END
    WHEN e.proof <> 'group' THEN 'device'
    WHEN g.name IS NOT NULL THEN 'group' END AS origin) o
  LEFT JOIN credential s ON s.device_id = q.device_id AND s.request_id = q.request_id
  -- Not d.generation: `restored` leaves a gap before the next one.
  LEFT JOIN LATERAL (SELECT max(c.generation) AS generation FROM credential c
    WHERE c.device_id = d.device_id) newest ON true
  LEFT JOIN credential n ON n.device_id = d.device_id AND n.generation = newest.generation
  LEFT JOIN credential r ON r.device_id = q.device_id AND r.fingerprint = q.certificate;
END $$;
COMMENT ON FUNCTION load_requests(jsonb) IS
  'Service: everything that decides a batch of requests, a row each.';
