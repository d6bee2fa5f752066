CREATE OR REPLACE FUNCTION log_device_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event (device_id, group_name, action, old_state, new_state, generation, reason)
    SELECT device_id, group_name, 'state', state, 'off', generation, 'retention' FROM gone
    WHERE state <> 'off';
  RETURN NULL;
END $$;
COMMENT ON FUNCTION log_device_delete() IS
  'Trigger: writes an event for each device that was deleted.';
