-- The topics are those of the default roots (mqtt.provisioning_root, mqtt.devices_root).
CREATE OR REPLACE VIEW mqtt_acl AS
  WITH pair (action, before, after, retain) AS (VALUES
    ('publish', 'provisioning/v1/', '/request', 0::smallint),
    ('subscribe', 'provisioning/v1/', '/response', NULL),
    ('publish', 'devices/', '/status', 0), ('subscribe', 'devices/', '/config', NULL))
  SELECT c.device_id || '@' || c.generation::text AS username, 'allow' AS permission, p.action,
    p.before || c.device_id || p.after AS topic,
         NULL::smallint AS qos, p.retain
  FROM credential c JOIN device d ON d.device_id = c.device_id CROSS JOIN pair p
  WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now())
    AND d.state NOT IN ('suspended', 'revoked')
    AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = d.device_id
      AND e.status = 'disabled')
    AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = d.group_name
      AND g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name)
  UNION ALL
  SELECT d.device_id::text, 'allow', p.action, p.before || d.device_id || p.after, NULL, p.retain
  -- LIMIT makes this a lookup by the device's id. EXISTS was planned as a scan of all credentials.
  FROM device d CROSS JOIN LATERAL (SELECT FROM credential c WHERE c.device_id = d.device_id
    AND c.type = 'x509' AND is_live(c, now()) LIMIT 1) live
    CROSS JOIN pair p
  WHERE d.state NOT IN ('suspended', 'revoked')
    AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = d.device_id
      AND e.status = 'disabled')
    AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = d.group_name
      AND g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name);
COMMENT ON VIEW mqtt_acl IS
  'Rights, for a broker that reads them from the database, in the form of EMQX''s PostgreSQL '
  'authorizer. The broker must deny what is not listed here (no_match = deny). A device with a '
  'certificate has the certificate''s common name as its username.';
COMMENT ON COLUMN mqtt_acl.username IS
  'As in mqtt_user; for a client with a certificate, the device''s id.';
COMMENT ON COLUMN mqtt_acl.permission IS 'Always allow.';
COMMENT ON COLUMN mqtt_acl.action IS 'publish or subscribe.';
COMMENT ON COLUMN mqtt_acl.topic IS 'One of the device''s own four topics.';
COMMENT ON COLUMN mqtt_acl.qos IS 'Empty: any QoS.';
COMMENT ON COLUMN mqtt_acl.retain IS '0 for publish: devices retain nothing.';
