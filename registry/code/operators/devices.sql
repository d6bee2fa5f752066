CREATE OR REPLACE VIEW devices AS
  SELECT d.device_id::text, d.state,
         CASE WHEN r.online AND r.last_seen_at < (SELECT presence_trusted_since()) THEN NULL
           ELSE r.online END AS online,
           CASE WHEN d.registered_at IS NULL THEN 0 ELSE d.generation END AS generation,
           d.group_name::text, d.enrolled_by, d.attributes,
         d.config_version, d.applied_config_version, d.requested_at, d.registered_at,
         d.credentials_sent_at, d.connected_at, d.ready_at,
         r.last_seen_at, d.failed_at, d.failure, d.acted_at, d.actor, d.reason, d.decommissioned_at,
         d.reported, l.labels, d.token_id
  FROM device d LEFT JOIN presence r USING (device_id)
    LEFT JOIN device_label l ON l.device_id = d.device_id
  UNION ALL
  -- Of the same types as above: otherwise filters would not reach the tables.
  SELECT e.device_id::text, 'off', NULL, 0::bigint, e.group_name::text, NULL, '{}', 1::bigint,
    0::bigint, NULL, NULL, NULL,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', l.labels,
    NULL
  FROM enrollment e LEFT JOIN device_label l ON l.device_id = e.device_id
  WHERE NOT EXISTS (SELECT FROM device d WHERE d.device_id = e.device_id);
COMMENT ON VIEW devices IS
  'Every device, one row each: those that asked for something, and those that are enrolled '
  'individually and never asked (state off, registered_at empty).';
COMMENT ON COLUMN devices.online IS
  'Whether it has an open session. Empty: it never connected, or nothing was heard of it although '
  'the broker and the service have been back for 5 minutes.';
COMMENT ON COLUMN devices.device_id IS 'Its id.';
COMMENT ON COLUMN devices.generation IS
  'The number of its newest credential, and never less than before; 0: it never registered.';
COMMENT ON COLUMN devices.group_name IS
  'The group that it registered in or that its enrolment names; empty: none.';
COMMENT ON COLUMN devices.labels IS
  'The labels that operators gave it (set_labels); empty: none.';
