CREATE OR REPLACE FUNCTION page_credentials(p jsonb) RETURNS TABLE (
  generation bigint, type text, what text, at bigint, detail text)
LANGUAGE sql STABLE AS $$
  SELECT generation, type, status, micros(ends_at), serial FROM credentials
  WHERE device_id = p->>'device_id' ORDER BY generation DESC LIMIT 5
$$;
COMMENT ON FUNCTION page_credentials(jsonb) IS
  'Service: returns the last five credentials of one device, as in the view credentials: what: the '
  'status; at: when it ends; detail: the serial number.';
