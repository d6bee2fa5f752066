CREATE OR REPLACE FUNCTION maintain() RETURNS boolean LANGUAGE plpgsql
  SET lock_timeout = '4s' AS $$
DECLARE
  keep setting;
  portion constant int := 5000;
  n bigint;
  more boolean := false;
BEGIN
  -- One call at a time: a second one returns at once.
  PERFORM FROM turn WHERE work = 'maintain' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT * INTO keep FROM setting;
  DELETE FROM attempt_count a
    WHERE a.ctid = ANY (ARRAY(SELECT o.ctid FROM attempt_count o
    WHERE o.minute < now() - keep.keep_counts LIMIT portion));
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  DELETE FROM clone_sign s WHERE s.last_seen < now() - keep.keep_clone_signs;
  DELETE FROM token k WHERE k.valid_until < now() - interval '1 month';
  more := drop_old_credentials(keep.keep_certificates, portion) OR more;
  more := drop_old_configs(keep.keep_configurations, portion) OR more;
  more := drop_old_waiting(keep.keep_waiting, portion) OR more;
  -- Late: if it moves rows, writers wait until the end of the transaction. What fails for one
  -- partition must not keep what is older than its retention.
  BEGIN
    PERFORM make_partitions();
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'partitions were not created: %', SQLERRM;
  END;
  -- Last: from here until the end of the transaction everybody waits for its lock.
  RETURN drop_old_partition() OR more;
END $$;
COMMENT ON FUNCTION maintain() IS
  'Creates partitions as make_partitions does, and deletes a portion of what is older than its '
  'retention. True: there is more, call it again. The service calls it at start and hourly. Do not '
  'call it inside a longer transaction: a partition that it drops, or moves rows to, stays locked '
  'until the end.';
