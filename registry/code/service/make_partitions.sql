CREATE OR REPLACE FUNCTION make_partitions() RETURNS void LANGUAGE plpgsql
  SET lock_timeout = '4s' AS $$
DECLARE
  this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
  waiting date;
BEGIN
  -- One month back as well: a request that came just before midnight is committed just after it.
  FOR ahead IN -1..3 LOOP
    PERFORM ensure_partition('attempt', (this_month + make_interval(months => ahead))::date);
    PERFORM ensure_partition('event', (this_month + make_interval(months => ahead))::date);
  END LOOP;
  -- Other months that wait in the default partition: one a call, because writers wait meanwhile.
  SELECT date_trunc('month', min(received_at) AT TIME ZONE 'UTC') INTO waiting FROM attempt_default;
  IF waiting IS NOT NULL THEN PERFORM ensure_partition('attempt', waiting); END IF;
  SELECT date_trunc('month', min(at) AT TIME ZONE 'UTC') INTO waiting FROM event_default;
  IF waiting IS NOT NULL THEN PERFORM ensure_partition('event', waiting); END IF;
END $$;
COMMENT ON FUNCTION make_partitions() IS
  'Creates the partitions of the coming months, and of the oldest month that has rows in a default '
  'partition. maintain calls it too; before that the service calls it in a transaction of its own.';
