CREATE OR REPLACE FUNCTION page_clones() RETURNS TABLE (
  at bigint, device_id text, state text, what text, detail text)
LANGUAGE sql STABLE AS $$
  SELECT micros(last_seen), device_id, state, sign, evidence::text FROM suspected_clones
  ORDER BY last_seen DESC LIMIT 20
$$;
COMMENT ON FUNCTION page_clones() IS
  'Service: returns the last 20 of suspected_clones. what: the sign; detail: the evidence.';
