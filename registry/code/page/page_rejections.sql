CREATE OR REPLACE FUNCTION page_rejections() RETURNS TABLE (
  at bigint, device_id text, group_name text, code text, reason text, tracking_id text)
LANGUAGE sql STABLE AS $$
  SELECT micros(received_at), device_id, group_name, code, reason, tracking_id::text
  FROM recent_rejections WHERE decision = 'rejected' ORDER BY received_at DESC LIMIT 20
$$;
COMMENT ON FUNCTION page_rejections() IS
  'Service: returns the last 20 refusals of recent_rejections.';
