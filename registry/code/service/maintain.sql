CREATE OR REPLACE FUNCTION maintain() RETURNS boolean LANGUAGE plpgsql
  SET lock_timeout = '4s' AS $$
DECLARE
  keep setting;
  portion constant int := 5000;
  n bigint;
  more boolean := false;
BEGIN
  -- One call at a time: a second one returns at once.
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey maintain')) THEN RETURN false; END IF;
  PERFORM make_partitions();
  SELECT * INTO keep FROM setting;
  DELETE FROM attempt_count a
    WHERE a.ctid = ANY (ARRAY(SELECT o.ctid FROM attempt_count o
    WHERE o.minute < now() - keep.keep_counts LIMIT portion));
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  DELETE FROM clone_sign s WHERE s.last_seen < now() - keep.keep_clone_signs;
  DELETE FROM token k WHERE k.valid_until < now() - interval '1 month';
  more := drop_old_credentials(keep.keep_certificates, portion) OR more;
  more := drop_old_waiting(keep.keep_waiting, portion) OR more;
  -- Last: from here until the end of the transaction everybody waits for its lock.
  RETURN drop_old_partition() OR more;
END $$;
COMMENT ON FUNCTION maintain() IS
  'Creates the partitions of the coming months and deletes a portion of what is older than its '
  'retention. True: there is more, call it again. The service calls it at start and hourly. Do not '
  'call it inside a longer transaction: a partition that it drops stays locked until the end.';
