-- The broker knows a certificate only by its name, the device's id. So it must keep a device out
-- while the device may not connect and one of its certificates has not expired: suspended, revoked,
-- or reset and not provisioned again.
CREATE OR REPLACE FUNCTION load_broker_access()
RETURNS TABLE (kind text, device_id text, generation bigint, salt bytea, master_key bytea,
  changed_at bigint, applied boolean)
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT 'denied', d.device_id::text, NULL::bigint, NULL::bytea, NULL::bytea, NULL::bigint,
    NULL::boolean FROM device d
    WHERE d.generation > 0 AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
      AND EXISTS (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509'
        AND c.not_after > now())
  UNION ALL
  SELECT 'login', c.device_id, c.generation, c.salt, c.master_key, NULL,
    c.broker_applied_at IS NOT NULL
    FROM credential c JOIN device d ON d.device_id = c.device_id
    WHERE c.type = 'password' AND c.ended_at IS NULL AND is_live(c, now())
      AND d.state NOT IN ('suspended', 'revoked')
  UNION ALL
  SELECT 'changed', d.device_id::text, NULL, NULL, NULL, micros(d.access_changed_at), NULL
    FROM device d
    WHERE d.broker_applied_at IS NULL AND d.access_changed_at IS NOT NULL
$$;
COMMENT ON FUNCTION load_broker_access() IS
  'Service: returns the devices that the broker must keep out (denied), the passwords that it '
  'must accept (login), and the devices whose access an operator changed and the broker has not '
  'applied yet (changed).';
