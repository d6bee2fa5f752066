CREATE OR REPLACE FUNCTION set_fleet_config(config jsonb, reason text DEFAULT NULL) RETURNS void
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  PERFORM check_config(config);
  UPDATE fleet_config f SET config = set_fleet_config.config, changes = changes + 1;
  PERFORM spread_config_change(NULL);
  INSERT INTO event (action, reason) VALUES ('set_fleet_config', reason);
END $$;
COMMENT ON FUNCTION set_fleet_config(jsonb, text) IS
  'Sets what every device is configured with, below its group''s and its own. Devices that are '
  'online get what changes for them at once.';
