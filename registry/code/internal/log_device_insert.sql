-- G9 (docs/guarantees.md): one event a change, in the same transaction, whoever changes a device.
CREATE OR REPLACE FUNCTION log_device_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event (device_id, group_name, action, old_state, new_state, generation)
    SELECT device_id, group_name, 'state', 'off', state, generation FROM fresh WHERE state <> 'off';
  RETURN NULL;
END $$;
COMMENT ON FUNCTION log_device_insert() IS
  'Trigger: writes an event for each device that was inserted.';
