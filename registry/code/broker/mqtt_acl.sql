CREATE OR REPLACE VIEW mqtt_acl AS
  SELECT w.username, 'allow' AS permission, p.action, p.topic, NULL::smallint AS qos, p.retain
  FROM (
    SELECT c.device_id || '@' || c.generation::text AS username, d.device_id, d.group_name
    FROM credential c JOIN device d ON d.device_id = c.device_id
    WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now())
      AND d.state NOT IN ('suspended', 'revoked')
      AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = d.device_id
        AND e.status = 'disabled')
      AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = d.group_name
        AND g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name)
    UNION ALL
    SELECT d.device_id::text, d.device_id, d.group_name
    -- LIMIT makes this a lookup by the device's id. EXISTS was planned as a scan of all
    -- credentials.
    FROM device d CROSS JOIN LATERAL (SELECT FROM credential c WHERE c.device_id = d.device_id
      AND c.type = 'x509' AND is_live(c, now()) LIMIT 1) live
    WHERE d.state NOT IN ('suspended', 'revoked')
      AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = d.device_id
        AND e.status = 'disabled')
      AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = d.group_name
        AND g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name)) w
  CROSS JOIN LATERAL (
    SELECT o.action, o.topic, o.retain FROM setting s CROSS JOIN LATERAL (VALUES
      ('publish', s.provisioning_root || '/' || w.device_id || '/request', 0::smallint),
      ('subscribe', s.provisioning_root || '/' || w.device_id || '/response', NULL),
      ('publish', s.devices_root || '/' || w.device_id || '/status', 0),
      ('subscribe', s.devices_root || '/' || w.device_id || '/config', NULL))
      o(action, topic, retain)
    UNION ALL
    SELECT a.action, replace(t, '${device_id}', w.device_id), NULL
    FROM rights_set s CROSS JOIN (VALUES ('publish'), ('subscribe')) a(action)
      CROSS JOIN LATERAL jsonb_array_elements_text(s.rights -> a.action) t
    WHERE s.group_name = coalesce(w.group_name, '')) p;
COMMENT ON VIEW mqtt_acl IS
  'Rights, for a broker that reads them from the database, in the form of EMQX''s PostgreSQL '
  'authorizer. The broker must deny what is not listed here (no_match = deny). A device with a '
  'certificate has the certificate''s common name as its username.';
COMMENT ON COLUMN mqtt_acl.username IS
  'As in mqtt_user; for a client with a certificate, the device''s id.';
COMMENT ON COLUMN mqtt_acl.permission IS 'Always allow.';
COMMENT ON COLUMN mqtt_acl.action IS 'publish or subscribe.';
COMMENT ON COLUMN mqtt_acl.topic IS
  'One of the device''s own four topics, or a topic filter of its rights.';
COMMENT ON COLUMN mqtt_acl.qos IS 'Empty: any QoS.';
COMMENT ON COLUMN mqtt_acl.retain IS
  '0 for publish on its own four topics, where devices retain nothing; empty: allowed.';
