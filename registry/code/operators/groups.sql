CREATE OR REPLACE VIEW groups AS
  SELECT g.name::text, g.proof, g.status, g.admission, g.reprovisioning, g.credential_types,
    g.device_id_pattern, g.valid_from, g.valid_until,
         q.used AS devices_counted, q.max AS max_devices,
         g.secondary_material IS NOT NULL AS has_two_keys,
         g.lifetime_s, g.unused_life_s, g.renewal_grace_days, g.revoke_retired, g.sealing,
         g.created_at, g.credentials_per_hour, g.token_attributes
  FROM enrollment_group g LEFT JOIN quota q ON q.name = g.quota;
COMMENT ON VIEW groups IS
  'Every enrolment group and its policy. It shows no key and no configuration, which may hold '
  'secrets.';
COMMENT ON COLUMN groups.name IS 'Its name. A device with a key of the group sends it as kid.';
COMMENT ON COLUMN groups.devices_counted IS
  'How many devices count against max_devices; empty: the group has no limit.';
COMMENT ON COLUMN groups.max_devices IS 'How many devices it may have; empty: no limit.';
COMMENT ON COLUMN groups.credentials_per_hour IS
  'How many new credentials a registered device may get within any hour, or three for each '
  'lifetime_s in an hour if that is more. The count begins again with a reset.';
COMMENT ON COLUMN groups.has_two_keys IS
  'Whether its key or CA is being replaced: both are accepted until retire_group_key.';
