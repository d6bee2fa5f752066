CREATE OR REPLACE FUNCTION set_group_config(INOUT name text, config jsonb,
  reason text DEFAULT NULL, OUT old_config jsonb, OUT new_config jsonb)
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_group_config', reason);
  PERFORM check_config(config);
  SELECT g.config INTO old_config FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  END IF;
  new_config := config;
  UPDATE enrollment_group g SET config = set_group_config.config,
    config_changes = g.config_changes + 1 WHERE g.name = name;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_config', reason);
END $$;
COMMENT ON FUNCTION set_group_config(text, jsonb, text) IS
  'Sets the configuration of a group''s devices, which is merged over the fleet''s. A device that '
  'is online gets its new result at once.';
