-- A function because of its setting: without it the planner, which does not know the day, expects a
-- third of all devices after it and reads the whole table.
CREATE OR REPLACE FUNCTION funnel(since date) RETURNS SETOF funnel_summary
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
  SELECT day, requested, registered, connected, ready,
    registered_s[1] AS registered_p50_s, registered_s[2] AS registered_p95_s,
    connected_s[1] AS connected_p50_s, connected_s[2] AS connected_p95_s,
    ready_s[1] AS ready_p50_s, ready_s[2] AS ready_p95_s, now() AS counted_at
  FROM (
    SELECT (requested_at AT TIME ZONE 'UTC')::date AS day, count(*) AS requested,
      count(registered_at) AS registered, count(connected_at) AS connected,
      count(ready_at) AS ready,
      percentile_cont(p.half_and_most)
        WITHIN GROUP (ORDER BY seconds(registered_at - requested_at)) AS registered_s,
      percentile_cont(p.half_and_most)
        WITHIN GROUP (ORDER BY seconds(connected_at - requested_at)) AS connected_s,
      percentile_cont(p.half_and_most)
        WITHIN GROUP (ORDER BY seconds(ready_at - requested_at)) AS ready_s
    FROM device, (VALUES ('{0.5,0.95}'::double precision[])) AS p(half_and_most)
    WHERE requested_at >= (
      SELECT greatest(since, max(day) + 1)::timestamp AT TIME ZONE 'UTC' FROM funnel_summary)
    GROUP BY 1, p.half_and_most) f
  UNION ALL
  SELECT day, requested, registered, connected, ready, registered_p50_s, registered_p95_s,
    connected_p50_s, connected_p95_s, ready_p50_s, ready_p95_s, counted_at
  FROM funnel_summary WHERE day >= since
$$;
COMMENT ON FUNCTION funnel(date) IS
  'Internal: provisioning_funnel from a day on. Days in funnel_summary are not counted again.';
