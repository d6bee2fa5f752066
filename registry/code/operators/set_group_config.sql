CREATE OR REPLACE FUNCTION set_group_config(name text, config jsonb, reason text DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE enrollment_group g SET config = set_group_config.config,
    config_changes = g.config_changes + 1 WHERE g.name = name;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  PERFORM spread_config_change(name);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_config', reason);
END $$;
COMMENT ON FUNCTION set_group_config(text, jsonb, text) IS
  'Sets what a group''s devices are configured with, over the fleet''s. Those that are online get '
  'what changes for them at once.';
