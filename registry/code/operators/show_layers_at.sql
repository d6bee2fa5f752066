CREATE OR REPLACE FUNCTION show_layers_at(device_id text, at timestamptz) RETURNS TABLE (
  level text, of text, config jsonb, endpoint jsonb, since timestamptz, actor text)
LANGUAGE sql STABLE AS $$
  (SELECT 'fleet', NULL::text, c.config, c.endpoint, c.at, c.actor FROM config_history c
    WHERE c.device_id IS NULL AND c.group_name IS NULL AND c.at <= $2
    ORDER BY c.at DESC, c.id DESC LIMIT 1)
  UNION ALL
  (SELECT 'group', c.group_name, c.config, c.endpoint, c.at, c.actor FROM config_history c
    WHERE c.device_id IS NULL AND c.at <= $2
      AND c.group_name = (SELECT d.group_name FROM devices d WHERE d.device_id = $1)
    ORDER BY c.at DESC, c.id DESC LIMIT 1)
  UNION ALL
  (SELECT 'device', $1, o.config, NULL, o.at, o.actor FROM (
      SELECT c.config, c.at, c.actor, c.id FROM config_history c
        WHERE c.device_id = $1 AND c.at <= $2
      UNION ALL SELECT e.config, e.created_at, NULL, 0 FROM enrollment e WHERE e.device_id = $1
        AND e.config <> '{}' AND e.created_at <= $2) o
    ORDER BY o.id DESC LIMIT 1)
$$;
COMMENT ON FUNCTION show_layers_at(text, timestamptz) IS
  'Returns the configurations that were merged for one device at a time, each over the one before, '
  'since when and by whom. The device counts as in the group that it is in now.';
