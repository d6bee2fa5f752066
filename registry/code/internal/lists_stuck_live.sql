CREATE OR REPLACE FUNCTION lists_stuck_live() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT pg_relation_size('device') < 16 << 20
$$;
COMMENT ON FUNCTION lists_stuck_live() IS
  'Whether the registry is small enough for the fleet page to read all of stuck_devices.';
