CREATE OR REPLACE VIEW stuck_devices AS
  SELECT d.device_id::text, d.state, d.group_name::text, s.since, s.problem, d.config_version,
    d.applied_config_version
  FROM device d LEFT JOIN presence r USING (device_id)
  LEFT JOIN enrollment_group g ON g.name = d.group_name
  CROSS JOIN LATERAL (VALUES
    (d.failed_at, CASE WHEN d.failure IS NOT NULL THEN 'the device failed: ' || d.failure END,
      interval '0'),
    -- A device that still needs the message asks again within a day.
    (d.undelivered_at, CASE WHEN d.undelivered_at > now() - interval '1 day'
      THEN 'the broker does not take what it is sent: ' || d.undelivered END, interval '0'),
    (coalesce(d.config_changed_at, d.registered_at),
      'its configuration cannot be sent: ' || d.config_fault, interval '0'),
    (g.retired_at,
      CASE WHEN g.retired_at IS NOT NULL AND d.enrolled_by = 'group:' || g.name
        AND needs_retired_key(d.device_id, g.sealing, g.retired_before)
      THEN 'the symmetric key of its credential was retired: it has to provision by the newer one'
      END, interval '0'),
    (d.requested_at,
      CASE d.state WHEN 'provisioning_requested'
      THEN CASE WHEN d.waiting_digest IS NOT NULL THEN 'waits for approval'
        ELSE 'asked, and did not come back' END END, interval '1 hour'),
    (coalesce(d.credentials_sent_at, d.registered_at),
      CASE d.state WHEN 'registered'
      THEN CASE WHEN d.credentials_sent_at IS NULL THEN 'its credential was not sent'
        ELSE 'has a credential and did not connect' END END, interval '10 minutes'),
    (greatest(d.connected_at, d.config_changed_at),
      CASE d.state WHEN 'connected' THEN 'connected, and is not ready' END, interval '10 minutes'),
    -- It works until the credential ends, and then the device has to ask for another.
    (coalesce(d.credentials_sent_at, d.registered_at),
      CASE WHEN d.state IN ('connected', 'ready') AND r.online AND r.generation > d.confirmed
      THEN 'did not confirm generation ' || r.generation || ' by a signed connected' END,
      interval '10 minutes'),
    (d.config_changed_at,
      CASE WHEN d.state = 'ready' AND r.online AND d.applied_config_version < d.config_version
      THEN 'did not acknowledge configuration ' || d.config_version END, interval '10 minutes')
  ) s(since, problem, patience)
  WHERE s.problem IS NOT NULL AND s.since < now() - s.patience;
COMMENT ON VIEW stuck_devices IS
  'Devices that make no progress, a row for each problem: the device sent the status failed, the '
  'broker refuses a message for it, its configuration cannot be sent, the key for its '
  'configuration was retired, it connects without confirming its credential, or it stays in one '
  'state for longer than expected.';
COMMENT ON COLUMN stuck_devices.since IS 'Since when the device has this problem.';
COMMENT ON COLUMN stuck_devices.problem IS 'The problem.';
