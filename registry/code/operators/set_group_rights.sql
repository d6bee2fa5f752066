-- The fleet's row is locked, as by everybody who sets rights: two that collide cannot both pass.
CREATE OR REPLACE FUNCTION set_group_rights(INOUT name text, rights jsonb,
  reason text DEFAULT NULL, OUT old_rights jsonb, OUT new_rights jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_group_rights', reason);
  PERFORM FROM fleet_config f FOR NO KEY UPDATE;
  SELECT g.rights INTO old_rights FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  END IF;
  rights := nullif(rights, 'null');
  IF rights IS NOT NULL THEN PERFORM check_rights(rights, name); END IF;
  new_rights := rights;
  UPDATE enrollment_group g SET rights = new_rights, config_changes = g.config_changes + 1
    WHERE g.name = name;
  PERFORM spread_rights(CASE WHEN EXISTS (SELECT FROM rights_set) THEN name END);
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_rights', reason);
END $$;
COMMENT ON FUNCTION set_group_rights(text, jsonb, text) IS
  'set_fleet_rights, for the devices of one group: these replace the fleet''s. NULL: those of the '
  'fleet.';
