CREATE OR REPLACE FUNCTION set_fleet_config(config jsonb, reason text DEFAULT NULL,
  OUT old_config jsonb, OUT new_config jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  reason := checked_reason('set_fleet_config', reason);
  PERFORM check_config(config);
  SELECT f.config INTO old_config FROM fleet_config f FOR NO KEY UPDATE;
  new_config := config;
  UPDATE fleet_config f SET config = set_fleet_config.config, changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_config', reason);
END $$;
COMMENT ON FUNCTION set_fleet_config(jsonb, text) IS
  'Sets the configuration of every device; a group''s and a device''s own are merged over it. A '
  'device that is online gets its new result at once.';
