CREATE OR REPLACE FUNCTION drop_old_partition() RETURNS boolean LANGUAGE plpgsql
  SET lock_timeout = '200ms' AS $$
DECLARE old text; behind bigint;
BEGIN
  SELECT min(p.name), count(*) INTO old, behind FROM setting, LATERAL (
    SELECT c.relname::text AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS month,
           CASE i.inhparent WHEN 'attempt'::regclass THEN keep_attempts ELSE keep_events END AS keep
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent IN ('attempt'::regclass, 'event'::regclass) AND c.relkind = 'r'
        AND c.relname NOT LIKE '%\_default') p
    WHERE p.month + interval '1 month' <= (now() - p.keep) AT TIME ZONE 'UTC';
  IF old IS NULL THEN RETURN false; END IF;
  -- DROP locks the whole table. Behind a long reader it would wait, and all writers behind it: so
  -- it gives up soon and tries again.
  FOR attempt IN 1..3 LOOP
    BEGIN
      EXECUTE format('DROP TABLE %I', old);
      INSERT INTO event (action, reason) VALUES ('retention', old || ' dropped');
      RETURN behind > 1;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.3);
    END;
  END LOOP;
  RETURN false;
END $$;
COMMENT ON FUNCTION drop_old_partition() IS
  'Internal: drops the oldest partition older than its retention. Nobody waits for it longer than '
  '200 ms. True: there are more.';
