CREATE OR REPLACE VIEW stuck_devices AS
  SELECT d.device_id::text, d.state, d.group_name::text, s.since, s.problem, d.config_version,
    d.applied_config_version, replace(s.advice, '{id}', d.device_id) AS advice
  FROM device d LEFT JOIN presence r USING (device_id)
  LEFT JOIN enrollment_group g ON g.name = d.group_name
  CROSS JOIN LATERAL (VALUES
    (d.failed_at, CASE WHEN d.failure IS NOT NULL THEN 'the device failed: ' || d.failure END,
      interval '0', 'Mend what the device names; if it is in its configuration: '
        'latchkey configuration show --device {id}.'),
    -- A device that still needs the message asks again within a day.
    (d.undelivered_at, CASE WHEN d.undelivered_at > now() - interval '1 day'
      THEN 'the broker does not take what it is sent: ' || d.undelivered END, interval '0',
      'Let the broker accept it: its limit on the size of messages and the rights of the service '
        'there. latchkey doctor checks both.'),
    (coalesce(d.config_changed_at, d.registered_at),
      'its configuration cannot be sent: ' || d.config_fault, interval '0',
      'Correct the configuration: latchkey configuration show --device {id}.'),
    (g.retired_at,
      CASE WHEN g.retired_at IS NOT NULL AND d.enrolled_by = 'group:' || g.name
        AND needs_retired_key(d.device_id, g.sealing, g.retired_before)
      THEN 'the symmetric key of its credential was retired: it has to provision by the newer one'
      END, interval '0', 'Give the device the newer key and let it provision.'),
    (d.requested_at,
      CASE d.state WHEN 'provisioning_requested'
      THEN CASE WHEN d.waiting_digest IS NOT NULL THEN 'waits for approval'
        ELSE 'asked, and did not come back' END END, interval '1 hour',
      CASE WHEN d.waiting_digest IS NOT NULL
      THEN 'latchkey device approve {id}, or latchkey device reject {id}.'
      ELSE 'Look at the device: its power, its network, its log. latchkey explain {id} says what '
        'it would be answered.' END),
    (coalesce(d.credentials_sent_at, d.registered_at),
      CASE d.state WHEN 'registered'
      THEN CASE WHEN d.credentials_sent_at IS NULL THEN 'its credential was not sent'
        ELSE 'has a credential and did not connect' END END, interval '10 minutes',
      CASE WHEN d.credentials_sent_at IS NULL
      THEN 'latchkey doctor checks the broker. The device gets its credential when it asks again.'
      ELSE 'The log of the broker says whether it came and why it was refused; otherwise look at '
        'the device: its network, its trust anchors, its log.' END),
    (greatest(d.connected_at, d.config_changed_at),
      CASE d.state WHEN 'connected' THEN 'connected, and is not ready' END, interval '10 minutes',
      'Look at the log of the device: it says neither ready nor failed. '
        'latchkey configuration show --device {id} has what it was sent.'),
    -- It works until the credential ends, and then the device has to ask for another.
    (coalesce(d.credentials_sent_at, d.registered_at),
      CASE WHEN d.state IN ('connected', 'ready') AND r.online
        -- Empty: a row of the version before, of which confirmed_of says as much.
        AND r.generation > coalesce(d.confirmed, (SELECT max(c.generation) FROM credential c
          WHERE c.device_id = d.device_id AND c.connected_at IS NOT NULL
          AND c.status <> 'revoked'), 0)
      THEN 'did not confirm generation ' || r.generation || ' by a signed connected' END,
      interval '10 minutes', 'Let its software sign connected with the key that it proved '
        '(docs/protocol.md, Status); or somebody else speaks in its name.'),
    (d.config_changed_at,
      CASE WHEN d.state = 'ready' AND r.online AND d.applied_config_version < d.config_version
      THEN 'did not acknowledge configuration ' || d.config_version END, interval '10 minutes',
      'Look at the log of the device: it works with configuration ' || d.applied_config_version
        || '. latchkey configuration show --device {id} has the new one.')
  ) s(since, problem, patience, advice)
  -- Not a rule of its own: it spares most devices the rules above.
  WHERE (d.state IN ('provisioning_requested', 'registered', 'connected') OR d.failure IS NOT NULL
      OR d.undelivered_at IS NOT NULL OR d.config_fault IS NOT NULL OR g.retired_at IS NOT NULL
      OR d.applied_config_version < d.config_version OR r.generation > coalesce(d.confirmed, 0))
    AND s.problem IS NOT NULL AND s.since < now() - s.patience;
COMMENT ON VIEW stuck_devices IS
  'Devices that make no progress, a row for each problem: the device sent the status failed, the '
  'broker refuses a message for it, its configuration cannot be sent, the key for its '
  'configuration was retired, it connects without confirming its credential, or it stays in one '
  'state for longer than expected.';
COMMENT ON COLUMN stuck_devices.since IS 'Since when the device has this problem.';
COMMENT ON COLUMN stuck_devices.problem IS 'The problem.';
COMMENT ON COLUMN stuck_devices.advice IS 'What an operator can do.';
