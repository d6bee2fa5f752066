CREATE OR REPLACE VIEW access_changes AS
  SELECT d.device_id::text, d.state, d.access_changed_at, d.broker_applied_at,
    d.broker_applied_at - d.access_changed_at AS took, d.actor, d.reason,
    CASE WHEN d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
      THEN d.broker_applied_at END AS kept_out_at,
    CASE WHEN d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
      THEN a.ended_at END AS ended_at
  FROM device d LEFT JOIN access_entry a USING (device_id) WHERE d.access_changed_at IS NOT NULL;
COMMENT ON VIEW access_changes IS
  'The last suspend, resume, revoke or reset of each device, and how long the broker took to '
  'apply it.';
COMMENT ON COLUMN access_changes.device_id IS 'The device.';
COMMENT ON COLUMN access_changes.state IS 'Its state now.';
COMMENT ON COLUMN access_changes.access_changed_at IS 'When the operator acted.';
COMMENT ON COLUMN access_changes.broker_applied_at IS
  'When the broker applied it; with http, when a service answered accordingly; with database, when '
  'a service saw it, and the broker''s next query does. Empty: not yet, or none of these modes.';
COMMENT ON COLUMN access_changes.took IS
  'From access_changed_at to broker_applied_at; empty while the broker has not applied it.';
COMMENT ON COLUMN access_changes.actor IS 'The login that acted.';
COMMENT ON COLUMN access_changes.reason IS 'The operator''s reason.';
COMMENT ON COLUMN access_changes.kept_out_at IS
  'The same of a device that may not connect: from then on it is kept out.';
COMMENT ON COLUMN access_changes.ended_at IS
  'When its open session, if it had one, was seen to end: the broker''s plugin ended it, or a '
  'service took its client id (broker_access.cut). Empty: not seen, so the session may go on.';
