CREATE OR REPLACE FUNCTION page_todo(p jsonb) RETURNS TABLE (
  at bigint, kind text, what text, detail text)
LANGUAGE sql STABLE AS $$
  SELECT micros(x.since), x.kind, x.what, x.detail FROM (
    SELECT since, 'stuck' AS kind, problem AS what, advice AS detail
      FROM stuck_devices WHERE device_id = p->>'device_id'
    UNION ALL
    SELECT last_seen, 'clone', sign, evidence::text FROM suspected_clones
      WHERE device_id = p->>'device_id'
    UNION ALL
    (SELECT received_at, 'rejected', reason, advice FROM recent_rejections
      WHERE device_id = p->>'device_id' ORDER BY received_at DESC LIMIT 1)
  ) x ORDER BY x.since DESC
$$;
COMMENT ON FUNCTION page_todo(jsonb) IS
  'Service: returns what is wrong with one device, as in stuck_devices, recent_rejections (the '
  'last one; detail of both: the advice) and suspected_clones (detail: the evidence).';
