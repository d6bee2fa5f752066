CREATE OR REPLACE FUNCTION page_devices(p jsonb) RETURNS TABLE (
  device_id text, state text, online boolean, group_name text, at bigint, labels text)
LANGUAGE sql STABLE AS $$
  SELECT device_id, state, online, group_name, micros(last_seen_at), labels::text FROM devices
  WHERE device_id = ANY (ARRAY(
    SELECT find_devices(p->'filter', p->>'after', (p->>'most')::bigint)))
  ORDER BY device_id
$$;
COMMENT ON FUNCTION page_devices(jsonb) IS
  'Service: returns devices, by filter, after and most of find_devices. at: the last status.';
