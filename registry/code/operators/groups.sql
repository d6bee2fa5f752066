CREATE OR REPLACE VIEW groups AS
  SELECT g.name::text, g.proof, g.status, g.admission, g.reprovisioning, g.credential_types,
    g.device_id_pattern, g.valid_from, g.valid_until,
         q.used AS devices_counted, q.max AS max_devices,
         g.secondary_material IS NOT NULL AS has_two_keys,
         g.lifetime_s, g.unused_life_s, g.renewal_grace_days, g.revoke_retired, g.seal_config,
         g.created_at, g.credentials_per_hour
  FROM enrollment_group g LEFT JOIN quota q ON q.name = g.quota;
COMMENT ON VIEW groups IS
  'Every enrolment group and its policy; devices_counted and max_devices are empty where it is '
  'not capped. No key, and no configuration: it may hold secrets.';
COMMENT ON COLUMN groups.name IS 'Its name; a symmetric proof gives it as kid.';
COMMENT ON COLUMN groups.devices_counted IS
  'Devices that count against max_devices; empty: it is not capped.';
COMMENT ON COLUMN groups.max_devices IS 'How many devices there may be; empty: it is not capped.';
COMMENT ON COLUMN groups.credentials_per_hour IS
  'New credentials that a registered device may get within any hour, or three for each lifetime_s '
  'in it if that is more; a reset begins anew.';
COMMENT ON COLUMN groups.has_two_keys IS
  'Its key or CA is being replaced: both are good until retire_group_key.';
