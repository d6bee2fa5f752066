-- Each is sent at most once: a device that misses it asks again by itself within a minute.
CREATE OR REPLACE FUNCTION claim_nudges(p jsonb) RETURNS TABLE (
  device_id text, request_id text, signed_by text, answer_key bytea, origin text, group_name text,
  proof text, material bytea, secondary_material bytea, loaded_at bigint)
LANGUAGE sql SET enable_seqscan = off AS $$
  WITH settled AS (
    DELETE FROM nudge n WHERE n.device_id IN (
      SELECT s.device_id FROM nudge s WHERE s.settled_at IS NOT NULL
        ORDER BY s.settled_at LIMIT 500 FOR UPDATE SKIP LOCKED)
    RETURNING n.*)
  SELECT n.device_id, n.request_id, n.signed_by, n.answer_key,
    CASE WHEN e.proof <> 'group' THEN 'device' WHEN g.name IS NOT NULL THEN 'group' END, g.name,
    CASE WHEN e.proof <> 'group' THEN e.proof ELSE g.proof END,
    CASE WHEN e.proof <> 'group' THEN e.material ELSE g.material END,
    CASE WHEN e.proof <> 'group' THEN NULL ELSE g.secondary_material END, micros(now())
  FROM settled n JOIN device d ON d.device_id = n.device_id
  LEFT JOIN enrollment e ON e.device_id = n.device_id
  LEFT JOIN enrollment_group g ON g.name = coalesce(e.group_name, d.group_name)
  WHERE n.settled_at > now() - interval '10 minutes'
$$;
COMMENT ON FUNCTION claim_nudges(jsonb) IS
  'Service: returns the devices to tell that an operator decided on their request, each once.';
