-- The fleet's rights are worked out once if they do not name the group: there may be many groups.
CREATE OR REPLACE FUNCTION spread_rights(name text) RETURNS void LANGUAGE sql AS $$
  WITH fleet AS MATERIALIZED (
    SELECT f.rights, worked_out_rights(f.rights, NULL) AS for_all,
      f.rights::text LIKE '%${group}%' AS names_group FROM fleet_config f)
  INSERT INTO rights_set AS s (group_name, rights, source, version, untold)
    SELECT w.group_name, w.rights, w.source, nextval('access_version'), true FROM (
      SELECT coalesce(g.name, '') AS group_name,
        CASE WHEN g.rights IS NULL AND f.names_group IS NOT TRUE THEN f.for_all
          ELSE worked_out_rights(coalesce(g.rights, f.rights), g.name) END AS rights,
        CASE WHEN g.rights IS NOT NULL THEN 'group' WHEN f.rights IS NOT NULL THEN 'fleet' END
          AS source
      FROM fleet f CROSS JOIN (SELECT e.name::text, e.rights FROM enrollment_group e
        UNION ALL SELECT NULL, NULL) g
      WHERE spread_rights.name IS NULL OR g.name = spread_rights.name
      ORDER BY 1) w
    -- Computed after the row is locked.
    ON CONFLICT (group_name) DO UPDATE SET rights = EXCLUDED.rights, source = EXCLUDED.source,
      version = nextval('access_version'), untold = true
      WHERE (s.rights, s.source) IS DISTINCT FROM (EXCLUDED.rights, EXCLUDED.source);
  SELECT pg_notify('latchkey', 'access');
$$;
COMMENT ON FUNCTION spread_rights(text) IS
  'Internal: works out the rights of the devices of a group, or of all (name NULL), which the '
  'broker''s gate must be told.';
