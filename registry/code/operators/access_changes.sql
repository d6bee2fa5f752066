CREATE OR REPLACE VIEW access_changes AS
  SELECT d.device_id::text, d.state, d.access_changed_at, d.broker_applied_at,
    d.broker_applied_at - d.access_changed_at AS took, d.actor, d.reason
  FROM device d WHERE d.access_changed_at IS NOT NULL;
COMMENT ON VIEW access_changes IS
  'The last suspend, resume, revoke or reset of each device, and how long the broker took to '
  'apply it.';
COMMENT ON COLUMN access_changes.device_id IS 'The device.';
COMMENT ON COLUMN access_changes.state IS 'Its state now.';
COMMENT ON COLUMN access_changes.access_changed_at IS 'When the operator acted.';
COMMENT ON COLUMN access_changes.broker_applied_at IS
  'When the broker applied it; empty: not yet, or the service does not control the broker.';
COMMENT ON COLUMN access_changes.took IS
  'From access_changed_at to broker_applied_at; empty while the broker has not applied it.';
COMMENT ON COLUMN access_changes.actor IS 'The login that acted.';
COMMENT ON COLUMN access_changes.reason IS 'The operator''s reason.';
