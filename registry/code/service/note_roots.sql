CREATE OR REPLACE FUNCTION note_roots(p jsonb) RETURNS TABLE (group_name text, template text)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  UPDATE setting s SET provisioning_root = q.provisioning_root, devices_root = q.devices_root
  FROM jsonb_to_recordset(p) q(provisioning_root text, devices_root text)
  WHERE (s.provisioning_root, s.devices_root)
    IS DISTINCT FROM (q.provisioning_root, q.devices_root);
  RETURN QUERY SELECT r.group_name, t.template FROM setting s
    CROSS JOIN unnest(ARRAY[s.provisioning_root, s.devices_root]) root
    CROSS JOIN rights_set r CROSS JOIN LATERAL rights_templates(r.rights) t
    WHERE templates_meet(t.template, root || '/#') ORDER BY 1, 2 LIMIT 10;
END $$;
COMMENT ON FUNCTION note_roots(jsonb) IS
  'Service: stores the roots of the protocol''s topics, as the service''s configuration has them. '
  'Returns rights that reach topics below these roots, at most ten.';
