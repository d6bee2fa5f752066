CREATE OR REPLACE FUNCTION show_layers(device_id text) RETURNS TABLE (level text, of text,
  config jsonb, endpoint jsonb, changes bigint)
LANGUAGE sql STABLE AS $$
  SELECT 'fleet', NULL::text, f.config::jsonb, f.endpoint, f.changes FROM fleet_config f
    WHERE EXISTS (SELECT FROM devices d WHERE d.device_id = $1)
  UNION ALL SELECT 'group', g.name::text, g.config::jsonb, g.endpoint, g.config_changes
    FROM enrollment_group g
    WHERE g.name = (SELECT d.group_name FROM devices d WHERE d.device_id = $1)
  UNION ALL SELECT c.* FROM show_configs($1) c WHERE c.level = 'device'
$$;
COMMENT ON FUNCTION show_layers(text) IS
  'Returns the configurations that are merged for one device, each over the one before (RFC 7396).';
