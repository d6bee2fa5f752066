-- The view devices with only the columns that counting needs.
CREATE OR REPLACE VIEW device_state AS
  SELECT group_name::text, state FROM device
  UNION ALL SELECT e.group_name::text, 'off' FROM enrollment e
    WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
COMMENT ON VIEW device_state IS 'Internal: the group and state of every device.';
COMMENT ON COLUMN device_state.group_name IS 'Its group.';
COMMENT ON COLUMN device_state.state IS 'Its state.';
