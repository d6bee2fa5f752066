CREATE OR REPLACE FUNCTION show_configs(name text DEFAULT NULL) RETURNS TABLE (level text, of text,
  config jsonb, endpoint jsonb, changes bigint)
LANGUAGE sql STABLE AS $$
  SELECT 'fleet', NULL::text, f.config::jsonb, f.endpoint, f.changes FROM fleet_config f
    WHERE $1 IS NULL
  UNION ALL SELECT 'group', g.name::text, g.config::jsonb, g.endpoint, g.config_changes
    FROM enrollment_group g WHERE $1 IS NULL OR $1 = g.name
  UNION ALL SELECT 'device', coalesce(x.device_id, e.device_id)::text,
  coalesce(x.config, e.config)::jsonb, NULL, coalesce(x.changes, 1)
    FROM device_config x FULL JOIN enrollment e ON e.device_id = x.device_id
    WHERE (x.device_id IS NOT NULL OR e.config <> '{}')
      AND ($1 IS NULL OR $1 = coalesce(x.device_id, e.device_id))
$$;
COMMENT ON FUNCTION show_configs(text) IS
  'Returns the configurations of the fleet, its groups and single devices, or those with this '
  'name. No view shows them, because a configuration may hold secrets.';
