CREATE OR REPLACE FUNCTION counts_live() RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT pg_relation_size('device') + pg_relation_size('enrollment') < count_live_below FROM setting
$$;
COMMENT ON FUNCTION counts_live() IS
  'Whether the registry is small enough for fleet to count devices at every query.';
