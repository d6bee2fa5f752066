CREATE OR REPLACE FUNCTION page_online() RETURNS TABLE (devices bigint) LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM presence
  WHERE online AND last_seen_at >= (SELECT presence_trusted_since())
$$;
COMMENT ON FUNCTION page_online() IS 'Service: counts the devices that are online, as in devices.';
