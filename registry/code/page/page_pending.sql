CREATE OR REPLACE FUNCTION page_pending() RETURNS TABLE (
  at bigint, device_id text, group_name text, attributes text, total bigint)
LANGUAGE sql STABLE AS $$
  SELECT micros(waiting_since), device_id, group_name, attributes::text,
    (SELECT count(*) FROM (SELECT FROM pending_approvals LIMIT 1000) w)
  FROM pending_approvals ORDER BY waiting_since LIMIT 20
$$;
COMMENT ON FUNCTION page_pending() IS
  'Service: returns the first 20 of pending_approvals and their number (1000: 1000 or more).';
