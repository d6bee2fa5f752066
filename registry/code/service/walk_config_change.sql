-- One step of one change: makes those of the next devices due whose configuration depends on it.
-- The first round is for those that are online. It reads presence, which is narrow, and looks only
-- those up that are online, so its steps are longer.
CREATE OR REPLACE FUNCTION walk_config_change(p jsonb) RETURNS TABLE (walked boolean)
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off
  SET enable_mergejoin = off SET enable_material = off AS $$
DECLARE
  change config_change;
  portion int := 1000;
  ids text[];
  seen int;
  last text;
BEGIN
  SELECT * INTO change FROM config_change ORDER BY online_only DESC, scope DESC LIMIT 1
    FOR UPDATE SKIP LOCKED;
  IF change IS NULL THEN RETURN QUERY SELECT false; RETURN; END IF;
  IF change.scope <> '' THEN
    SELECT count(*), max(n.id COLLATE "C"), array_agg(n.id) INTO seen, last, ids
      FROM (SELECT d.device_id::text AS id FROM device d WHERE d.group_name = change.scope
        AND d.device_id > change.after ORDER BY d.device_id LIMIT portion) n;
  ELSIF change.online_only THEN
    portion := 5000;
    SELECT count(*), max(n.id COLLATE "C"), array_agg(n.id) FILTER (WHERE n.online)
      INTO seen, last, ids
      FROM (SELECT r.device_id AS id, r.online FROM presence r WHERE r.device_id > change.after
        ORDER BY r.device_id LIMIT portion) n;
  ELSE
    SELECT count(*), max(n.id COLLATE "C"), array_agg(n.id) INTO seen, last, ids
      FROM (SELECT d.device_id::text AS id FROM device d WHERE d.device_id > change.after
        ORDER BY d.device_id LIMIT portion) n;
  END IF;
  INSERT INTO config_due AS q (device_id)
    SELECT d.device_id FROM fleet_config f CROSS JOIN unnest(ids) i(id)
    JOIN LATERAL (SELECT n.device_id, n.group_name, n.config_layers FROM device n
      WHERE n.device_id = i.id LIMIT 1) d ON true
    LEFT JOIN LATERAL (SELECT n.config_changes FROM enrollment_group n
      WHERE n.name = d.group_name LIMIT 1) g ON true
    LEFT JOIN LATERAL (SELECT n.changes FROM device_config n
      WHERE n.device_id = d.device_id LIMIT 1) x ON true
    LEFT JOIN LATERAL (SELECT n.config FROM enrollment n
      WHERE n.device_id = d.device_id LIMIT 1) e ON true
    WHERE d.config_layers IS DISTINCT FROM f.changes + coalesce(g.config_changes, 0)
        + coalesce(x.changes, (e.config <> '{}')::int, 0)
      AND (NOT change.online_only OR (SELECT r.online FROM presence r
        WHERE r.device_id = d.device_id LIMIT 1))
    ORDER BY d.device_id
    ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  IF seen = portion THEN
    UPDATE config_change SET after = last WHERE scope = change.scope;
  ELSIF change.online_only THEN
    UPDATE config_change SET after = '', online_only = false WHERE scope = change.scope;
  ELSE
    DELETE FROM config_change WHERE scope = change.scope;
  END IF;
  RETURN QUERY SELECT true;
END $$;
COMMENT ON FUNCTION walk_config_change(jsonb) IS
  'Service: looks at the next devices that a change of a group''s or the fleet''s configuration '
  'concerns, first at those that are online. False: there is no change.';
