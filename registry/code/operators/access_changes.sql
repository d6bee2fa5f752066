CREATE OR REPLACE VIEW access_changes AS
  SELECT d.device_id::text, d.state, d.access_changed_at, d.broker_applied_at,
    d.broker_applied_at - d.access_changed_at AS took, d.actor, d.reason
  FROM device d WHERE d.access_changed_at IS NOT NULL;
COMMENT ON VIEW access_changes IS
  'The last suspend, resume, revoke or reset of each device, and when the broker was seen to act '
  'on it; took: how long that was, empty as long as it has not.';
COMMENT ON COLUMN access_changes.device_id IS 'Which device.';
COMMENT ON COLUMN access_changes.state IS 'Its state now.';
COMMENT ON COLUMN access_changes.access_changed_at IS 'When the operator acted.';
COMMENT ON COLUMN access_changes.broker_applied_at IS
  'When the broker was seen to follow; empty: not yet, or the service does not steer the broker.';
COMMENT ON COLUMN access_changes.took IS 'From the one to the other.';
COMMENT ON COLUMN access_changes.actor IS 'The login that acted.';
COMMENT ON COLUMN access_changes.reason IS 'Why, in the operator''s words.';
