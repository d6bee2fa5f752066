CREATE OR REPLACE FUNCTION page_funnel() RETURNS TABLE (
  day date, requested bigint, registered bigint, connected bigint, ready bigint, counted_at bigint)
LANGUAGE sql STABLE AS $$
  SELECT d.day, coalesce(f.requested, 0), coalesce(f.registered, 0), coalesce(f.connected, 0),
    coalesce(f.ready, 0), micros(c.counted_at)
  FROM (SELECT (now() AT TIME ZONE 'UTC')::date - n AS day FROM generate_series(0, 29) n) d
  LEFT JOIN funnel((now() AT TIME ZONE 'UTC')::date - 29) f ON f.day = d.day
  CROSS JOIN (SELECT CASE WHEN counts_live() THEN now()
    ELSE coalesce((SELECT min(counted_at) FROM fleet_summary), now()) END AS counted_at) c
  ORDER BY d.day
$$;
COMMENT ON FUNCTION page_funnel() IS
  'Service: returns the last 30 days of provisioning_funnel and when the fleet was counted; a '
  'large fleet is counted hourly.';
