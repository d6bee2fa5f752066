CREATE OR REPLACE FUNCTION make_partitions() RETURNS void LANGUAGE plpgsql
  SET lock_timeout = '4s' AS $$
DECLARE this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
BEGIN
  -- One month back as well: a request that came just before midnight is committed just after it.
  FOR ahead IN -1..3 LOOP
    PERFORM ensure_partition('attempt', (this_month + make_interval(months => ahead))::date);
    PERFORM ensure_partition('event', (this_month + make_interval(months => ahead))::date);
  END LOOP;
END $$;
COMMENT ON FUNCTION make_partitions() IS 'Service: creates the partitions of the coming months.';
