-- One step of one change: makes those of the next thousand devices due whose configuration depends
-- on it.
CREATE OR REPLACE FUNCTION walk_config_change(p jsonb) RETURNS TABLE (walked boolean)
LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE change config_change; last text; seen int;
BEGIN
  SELECT * INTO change FROM config_change ORDER BY scope DESC LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF change IS NULL THEN RETURN QUERY SELECT false; RETURN; END IF;
  WITH next AS MATERIALIZED (
    SELECT d.device_id, d.group_name, d.config_layers FROM device d WHERE change.scope <> ''
      AND d.group_name = change.scope AND d.device_id > change.after
      ORDER BY d.device_id LIMIT 1000),
  every AS MATERIALIZED (
    SELECT * FROM next UNION ALL
    (SELECT d.device_id, d.group_name, d.config_layers FROM device d
      WHERE change.scope = '' AND d.device_id > change.after ORDER BY d.device_id LIMIT 1000)),
  due AS (
    INSERT INTO config_due AS q (device_id)
    SELECT n.device_id FROM every n JOIN fleet_config f ON f.one
      LEFT JOIN enrollment_group g ON g.name = n.group_name
      LEFT JOIN device_config x ON x.device_id = n.device_id
      LEFT JOIN enrollment e ON e.device_id = n.device_id
      WHERE n.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes,
        0) + coalesce(x.changes, (e.config <> '{}')::int, 0) ORDER BY n.device_id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0)
  SELECT count(*), max(n.device_id::text COLLATE "C") INTO seen, last FROM every n;
  IF seen < 1000 THEN
    DELETE FROM config_change WHERE scope = change.scope;
  ELSE
    UPDATE config_change SET after = last WHERE scope = change.scope;
  END IF;
  RETURN QUERY SELECT true;
END $$;
COMMENT ON FUNCTION walk_config_change(jsonb) IS
  'Service: looks at the next devices that a change of a group''s or the fleet''s configuration '
  'concerns. False: there is no change.';
