CREATE OR REPLACE FUNCTION page_history(p jsonb) RETURNS TABLE (
  at bigint, kind text, what text, code text, detail text, actor text)
LANGUAGE sql STABLE AS $$
  SELECT micros(h.at), kind, what, code, detail, actor FROM (
    (SELECT received_at AS at, 'request' AS kind, decision AS what, code, reason AS detail,
            tracking_id::text AS actor
       FROM attempts WHERE device_id = p->>'device_id' ORDER BY received_at DESC LIMIT 50)
    UNION ALL
    (SELECT at, CASE WHEN action IN ('state', 'credential') THEN action ELSE 'act' END,
            CASE action WHEN 'state' THEN new_state
              WHEN 'credential' THEN 'generation ' || generation ELSE action END,
            CASE action WHEN 'state' THEN old_state END, reason, actor
       FROM events WHERE device_id = p->>'device_id' ORDER BY at DESC LIMIT 50)
  ) h ORDER BY h.at DESC, kind LIMIT 60
$$;
COMMENT ON FUNCTION page_history(jsonb) IS
  'Service: returns the last 60 rows of attempts and events of one device.';
