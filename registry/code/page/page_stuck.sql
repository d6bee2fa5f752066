-- To read all of stuck_devices takes seconds in a large registry: there summarize does it hourly.
CREATE OR REPLACE FUNCTION page_stuck() RETURNS TABLE (
  at bigint, device_id text, state text, what text, detail text)
LANGUAGE sql STABLE AS $$
  SELECT micros(since), device_id, state, problem, advice FROM (
    SELECT * FROM stuck_devices WHERE (SELECT lists_stuck_live())
    UNION ALL
    SELECT * FROM stuck_devices WHERE NOT (SELECT lists_stuck_live())
      AND device_id = ANY (ARRAY(SELECT s.device_id FROM stuck_summary s))) x
  WHERE problem <> 'waits for approval' ORDER BY since DESC LIMIT 20
$$;
COMMENT ON FUNCTION page_stuck() IS
  'Service: returns the last 20 of stuck_devices but those of pending_approvals; in a large '
  'registry of those that stuck_summary names. what: the problem; detail: the advice.';
