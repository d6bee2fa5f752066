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
  UNION ALL
  SELECT d.device_id::text, 'allow', p.action, p.before || d.device_id || p.after, NULL, p.retain
  -- LIMIT keeps this a look by the device's id, whatever else is asked for: as EXISTS it became a
  -- pass over all credentials.
  FROM device d CROSS JOIN LATERAL (SELECT FROM credential c WHERE c.device_id = d.device_id
    AND c.type = 'x509' AND is_live(c, now()) LIMIT 1) live
    CROSS JOIN pair p
  WHERE d.state NOT IN ('suspended', 'revoked');
COMMENT ON VIEW mqtt_acl IS
  'For a broker that looks rights up, in the form of EMQX''s PostgreSQL authorizer; what is not '
  'allowed here is to be denied (no_match = deny). Devices with a certificate are named by its '
  'common name.';
COMMENT ON COLUMN mqtt_acl.username IS
  'As in mqtt_user, or the device''s id for a client known by its certificate.';
COMMENT ON COLUMN mqtt_acl.permission IS 'allow.';
COMMENT ON COLUMN mqtt_acl.action IS 'publish or subscribe.';
COMMENT ON COLUMN mqtt_acl.topic IS 'One of the device''s own four topics.';
COMMENT ON COLUMN mqtt_acl.qos IS 'Empty: any.';
COMMENT ON COLUMN mqtt_acl.retain IS '0 where it publishes: nothing of the protocol is retained.';
