CREATE OR REPLACE FUNCTION load_requests_2(p jsonb) RETURNS SETOF request_facts_2
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    o.origin, g.name::text, CASE o.origin WHEN 'device' THEN e.proof ELSE g.proof END,
    CASE o.origin WHEN 'device' THEN e.material ELSE coalesce(u.hash, g.material) END,
    CASE o.origin WHEN 'group' THEN g.secondary_material END,
    CASE o.origin WHEN 'group' THEN g.id_from END,
    -- A disabled individual enrolment beats an enabled group, for renewals too.
    coalesce(e.status, 'enabled') = 'enabled' AND (o.origin = 'device' OR g.status = 'enabled'),
    -- A device with an individual proof is admitted by that: window, pattern and quota bound those
    -- that come by the group's proof.
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
    coalesce(g.sealing, 'possible'), CASE o.origin WHEN 'group' THEN coalesce(u.quota, g.quota) END,
    f.config::text, g.config::text, coalesce(x.config, e.config)::text,
    coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by, d.proof_key, d.waiting_digest, d.approved_digest,
    d.rejected_digest,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault,
    d.endpoint, d.endpoint_given,
    d.attributes::text,
    s.generation, s.type, s.digest, s.certificate, s.salt, s.master_key,
    micros(s.not_before), micros(s.not_after), is_live(s.whole, now()),
    n.generation, n.type, micros(n.not_before), micros(n.not_after), is_live(n.whole, now()),
    r.certificate, CASE
      WHEN r.status IN ('retired', 'revoked') THEN r.status
      WHEN is_live(r.whole, now()) THEN 'live'
      WHEN r.status = 'active'
        AND r.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) > now()
        THEN 'in_grace'
      WHEN r.status IS NOT NULL THEN 'expired' END, sealing_key_of(r.whole),
    coalesce(d.confirmed, confirmed_of(d.device_id), 0), coalesce(g.token_attributes, 'reported'),
    rights_text(w.rights)
  FROM jsonb_populate_recordset(NULL::request_key, p) q
  -- LIMIT: while a table is empty, a plain join would be planned to read it whole.
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true
  LEFT JOIN LATERAL (SELECT * FROM device v WHERE v.device_id = q.device_id LIMIT 1) d ON true
  LEFT JOIN LATERAL (SELECT * FROM enrollment v WHERE v.device_id = q.device_id LIMIT 1) e ON true
  LEFT JOIN LATERAL (SELECT * FROM device_config v WHERE v.device_id = q.device_id LIMIT 1) x
    ON true
  LEFT JOIN LATERAL (SELECT v.name FROM enrollment_group v
    WHERE v.proof = 'token' AND v.material = q.token_hash LIMIT 1) t ON true
  LEFT JOIN LATERAL (SELECT * FROM token v WHERE v.hash = q.token_hash LIMIT 1) k ON true
  -- The group's CA may stand above x5c or be its last certificate.
  LEFT JOIN LATERAL (SELECT * FROM group_ca v WHERE v.subject = q.ca_subject LIMIT 1) ca ON true
  LEFT JOIN LATERAL (SELECT * FROM group_ca v
    WHERE ca.subject IS NULL AND v.subject = q.last_subject LIMIT 1) last ON true
  -- One enrolment is asked and no other is tried: with a certificate of ours the one that
  -- registered the device, else the device's own, else the one that the proof names.
  LEFT JOIN LATERAL (SELECT * FROM enrollment_group v WHERE v.name = CASE
    WHEN q.certificate IS NOT NULL THEN d.group_name
    WHEN e.device_id IS NOT NULL THEN e.group_name
    WHEN q.token_hash IS NOT NULL THEN coalesce(t.name, k.group_name)
    WHEN q.ca_subject IS NOT NULL THEN coalesce(ca.group_name, last.group_name)
    ELSE q.group_name END LIMIT 1) g ON true
  -- Only if the token belongs to that group.
  LEFT JOIN LATERAL (SELECT k.hash, k.quota, k.valid_until WHERE k.group_name = g.name) u ON true
  CROSS JOIN LATERAL (SELECT CASE
    WHEN q.certificate IS NOT NULL AND d.enrolled_by = 'device'
      THEN CASE WHEN e.proof <> 'group' THEN 'device' END
    WHEN q.certificate IS NOT NULL
      THEN CASE WHEN d.enrolled_by = 'group:' || g.name THEN 'group' END
    WHEN e.proof <> 'group' THEN 'device'
    WHEN g.name IS NOT NULL THEN 'group' END AS origin) o
  LEFT JOIN LATERAL (SELECT v.rights FROM rights_set v
    WHERE v.group_name = coalesce(g.name, '') LIMIT 1) w ON true
  LEFT JOIN LATERAL (SELECT v AS whole, v.* FROM credential v
    WHERE v.device_id = q.device_id AND v.request_id = q.request_id LIMIT 1) s ON true
  -- Not by d.generation: `restored` leaves a gap.
  LEFT JOIN LATERAL (SELECT v AS whole, v.* FROM credential v WHERE v.device_id = d.device_id
    ORDER BY v.generation DESC LIMIT 1) n ON true
  LEFT JOIN LATERAL (SELECT v AS whole, v.* FROM credential v
    WHERE v.device_id = q.device_id AND v.fingerprint = q.certificate LIMIT 1) r ON true;
END $$;
COMMENT ON FUNCTION load_requests_2(jsonb) IS
  'Service: returns everything that a batch of requests is decided by, a row for each.';
