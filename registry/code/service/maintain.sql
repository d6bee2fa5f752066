CREATE OR REPLACE FUNCTION maintain() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  keep setting;
  portion constant int := 5000;
  n bigint;
  more boolean := false;
BEGIN
  -- One at a time: whoever comes second leaves it to the first.
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
  UPDATE credential c SET certificate = NULL, encryption_key = NULL, erased_at = now() FROM (
      SELECT o.device_id, o.generation FROM credential o JOIN device d USING (device_id)
        LEFT JOIN enrollment_group g ON g.name = d.group_name
      WHERE o.erased_at IS NULL AND o.not_after < now() - keep.keep_certificates
        -- An expired certificate that was in use still renews within its group's grace.
        AND (o.status <> 'active'
          OR o.not_after + make_interval(days => coalesce(g.renewal_grace_days, 30)) < now())
      LIMIT portion FOR NO KEY UPDATE OF o SKIP LOCKED) x
    WHERE c.device_id = x.device_id AND c.generation = x.generation;
  GET DIAGNOSTICS n = ROW_COUNT;
  more := more OR n = portion;
  -- Last, since it holds a lock that everybody waits for until this transaction ends.
  RETURN drop_old_partition() OR more;
END $$;
COMMENT ON FUNCTION maintain() IS
  'Makes the partitions of the coming months and removes a portion of what retention lets go. '
  'True: there is more, call it again. The service calls it at start and hourly. Not inside a '
  'longer transaction: a partition that it drops stays locked until the end.';
