CREATE OR REPLACE FUNCTION keep_config() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  of jsonb := to_jsonb(NEW);
BEGIN
  INSERT INTO config_history (device_id, group_name, config, endpoint)
    VALUES (of ->> 'device_id', of ->> 'name', of -> 'config', nullif(of -> 'endpoint', 'null'));
  RETURN NULL;
END $$;
COMMENT ON FUNCTION keep_config() IS
  'Trigger: writes the configuration of a device, a group or the fleet to config_history.';
