CREATE OR REPLACE FUNCTION load_statuses(p jsonb)
RETURNS TABLE (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea,
  enabled boolean, seal_config boolean,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea,
  config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  credential_generation bigint, live boolean, signed_by text, answer_key bytea,
  encryption_key bytea, credential_type text, session text
) LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT q.i, q.loaded_at, q.origin, q.group_name, q.proof, q.material,
    q.secondary_material, q.enabled, q.sealing = 'always', q.fleet_config, q.group_config,
    q.device_config, q.wanted_endpoint, q.layers, q.state, q.generation, q.enrolled_by,
    q.config_version, q.applied_config_version, q.config_layers, q.config_digest, q.config_fault,
    q.endpoint, q.endpoint_given, q.attributes, q.credential_generation, q.live, q.signed_by,
    q.answer_key, CASE WHEN octet_length(q.sealing_key) = 64 THEN q.sealing_key END,
    q.credential_type, q.session
  FROM load_statuses_2(p) q;
END $$;
COMMENT ON FUNCTION load_statuses(jsonb) IS
  'Service of the version before: load_statuses_2 with the columns that it knows.';
