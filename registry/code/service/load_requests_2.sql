CREATE OR REPLACE FUNCTION load_requests_2(p jsonb) RETURNS SETOF request_facts_2
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
BEGIN
  RETURN QUERY SELECT q.i, q.loaded_at, q.origin, q.group_name, q.proof, q.material,
    q.secondary_material, q.id_from, q.enabled, q.in_window, q.id_matches, q.admission, q.listed,
    q.may_reprovision, q.credential_types, q.lifetime_s, q.unused_life_s, q.sealing,
    q.quota, q.fleet_config, q.group_config, q.device_config, q.wanted_endpoint, q.layers, q.state,
    q.generation, q.enrolled_by, q.proof_key, q.waiting_digest, q.approved_digest,
    q.rejected_digest, q.config_version, q.applied_config_version, q.config_layers,
    q.config_digest, q.config_fault, q.endpoint, q.endpoint_given, q.attributes,
    q.same_generation, q.same_type, q.same_digest, q.same_certificate, q.same_salt,
    q.same_master_key, q.same_not_before, q.same_not_after, q.same_live, q.newest_generation,
    q.newest_type, q.newest_not_before, q.newest_not_after, q.newest_live,
    q.presented_certificate, q.presented_status, q.presented_sealing_key, q.confirmed
  FROM load_requests_3(p) q;
END $$;
COMMENT ON FUNCTION load_requests_2(jsonb) IS
  'Service of the version before: load_requests_3 with the columns that it knows.';
