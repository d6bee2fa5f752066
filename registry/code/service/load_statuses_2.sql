CREATE OR REPLACE FUNCTION load_statuses_2(p jsonb)
RETURNS TABLE (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea,
  enabled boolean, sealing text,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea,
  config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  credential_generation bigint, live boolean, signed_by text, answer_key bytea,
  sealing_key bytea, credential_type text, session text,
  confirmed bigint, salt bytea, master_key bytea, certificate bytea, given_endpoint text,
  told_endpoint text, max_message_bytes int, wanted_rights text, rights_told boolean
) LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT q.i, micros(now()),
    CASE WHEN d.enrolled_by = 'device' AND e.device_id IS NOT NULL THEN 'device'
      WHEN d.enrolled_by LIKE 'group:%' AND g.name IS NOT NULL THEN 'group' END,
    d.group_name::text, CASE d.enrolled_by WHEN 'device' THEN e.proof ELSE g.proof END,
    CASE d.enrolled_by WHEN 'device' THEN e.material ELSE g.material END,
    CASE WHEN d.enrolled_by <> 'device' THEN g.secondary_material END,
    coalesce(e.status, 'enabled') = 'enabled'
      AND (d.enrolled_by = 'device' OR g.status = 'enabled'),
    coalesce(g.sealing, 'possible'),
    f.config::text, g.config::text, coalesce(x.config, e.config)::text,
    coalesce(g.endpoint, f.endpoint)::text,
    f.changes + coalesce(g.config_changes, 0) + coalesce(x.changes, (e.config <> '{}')::int, 0),
    d.state, d.generation, d.enrolled_by,
    d.config_version, d.applied_config_version, d.config_layers, d.config_digest, d.config_fault,
    d.endpoint, d.endpoint_given, d.attributes::text,
    c.generation, is_live(c.whole, now()), c.signed_by, c.answer_key, sealing_key_of(c.whole),
    c.type, CASE WHEN r.online OR q.newest_session THEN r.session END,
    coalesce(d.confirmed, confirmed_of(d.device_id), 0),
    CASE WHEN q.signed THEN c.salt END, CASE WHEN q.signed THEN c.master_key END,
    CASE WHEN q.signed THEN c.certificate END,
    CASE WHEN d.endpoint_given IS NULL THEN '' ELSE kg.endpoint::text END,
    CASE WHEN d.endpoint IS NULL THEN '' ELSE kt.endpoint::text END, d.max_message_bytes,
    rights_text(w.rights),
    w.group_name IS NULL OR (NOT w.untold AND n.group_name = w.group_name AND NOT n.untold) IS TRUE
  FROM jsonb_populate_recordset(NULL::status_key, p) q
  -- LIMIT: while a table is empty, a plain join would be planned to read it whole.
  LEFT JOIN LATERAL (SELECT * FROM fleet_config WHERE one LIMIT 1) f ON true
  LEFT JOIN LATERAL (SELECT * FROM device v WHERE v.device_id = q.device_id LIMIT 1) d ON true
  LEFT JOIN LATERAL (SELECT * FROM enrollment v WHERE v.device_id = d.device_id LIMIT 1) e ON true
  LEFT JOIN LATERAL (SELECT * FROM device_config v WHERE v.device_id = d.device_id LIMIT 1) x
    ON true
  LEFT JOIN LATERAL (SELECT * FROM enrollment_group v WHERE v.name = d.group_name LIMIT 1) g ON true
  LEFT JOIN LATERAL (SELECT * FROM presence v WHERE v.device_id = d.device_id LIMIT 1) r ON true
  LEFT JOIN LATERAL (SELECT * FROM rights_set v
    WHERE v.group_name = coalesce(d.group_name, '') LIMIT 1) w ON true
  -- Where no rights were ever set, this is not looked up.
  LEFT JOIN LATERAL (SELECT * FROM rights_entry v
    WHERE w.group_name IS NOT NULL AND v.device_id = d.device_id LIMIT 1) n ON true
  LEFT JOIN LATERAL (SELECT v AS whole, v.* FROM credential v WHERE v.device_id = d.device_id
    AND v.generation = coalesce(q.generation, r.generation) LIMIT 1) c ON true
  LEFT JOIN LATERAL (SELECT v.endpoint FROM known_endpoint v
    WHERE q.signed AND v.digest = d.endpoint_given LIMIT 1) kg ON true
  LEFT JOIN LATERAL (SELECT v.endpoint FROM known_endpoint v
    WHERE q.signed AND v.digest = d.endpoint LIMIT 1) kt ON true;
END $$;
COMMENT ON FUNCTION load_statuses_2(jsonb) IS
  'Service: returns everything that a batch of statuses is decided by, a row for each.';
