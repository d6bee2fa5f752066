-- Most credentials that end soon were renewed long ago, so only a part of the index is read. In its
-- order, to stop after 20: the planner does not know where the part ends, and would read presence.
CREATE OR REPLACE FUNCTION page_expiring() RETURNS TABLE (
  at bigint, device_id text, generation bigint, type text, state text, online boolean)
LANGUAGE sql STABLE
  SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  SELECT micros(ends_at), device_id, generation, type, state, coalesce(online, false)
  FROM expiring_credentials
  WHERE renewal_overdue AND not_after <= (SELECT max(n.not_after) FROM (
    SELECT not_after FROM credential WHERE not_after > now() AND erased_at IS NULL
    ORDER BY not_after LIMIT 20000) n)
  ORDER BY not_after LIMIT 20
$$;
COMMENT ON FUNCTION page_expiring() IS
  'Service: returns the first 20 of expiring_credentials that should have been renewed, of the '
  '20,000 credentials that end next.';
