CREATE OR REPLACE FUNCTION set_retention(INOUT what text, keep interval,
  OUT old_keep interval, OUT new_keep interval) LANGUAGE plpgsql AS $$
BEGIN
  IF what IS NULL OR what NOT IN ('attempts', 'events', 'counts', 'clone_signs', 'certificates',
    'waiting', 'configurations') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('there is no retention of %L', what),
      HINT = 'Choose attempts, events, counts, clone_signs, certificates, waiting or '
        'configurations.';
  ELSIF keep < interval '1 month' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('a retention of %s is too short', keep),
      HINT = 'Choose at least 1 month, or NULL to keep everything for ever.';
  END IF;
  SELECT r.keep INTO old_keep FROM retention r WHERE r.what = set_retention.what;
  new_keep := keep;
  EXECUTE format('UPDATE setting SET %I = $1', 'keep_' || what) USING keep;
  INSERT INTO event (action, reason) VALUES ('set_retention',
    what || ': ' || coalesce(keep::text, 'for ever'));
END $$;
COMMENT ON FUNCTION set_retention(text, interval) IS
  'Sets how long the registry keeps attempts, events, counts, clone_signs, certificates '
  '(credentials that ended), waiting (devices that wait for approval and never registered) or '
  'configurations (those that others replaced); NULL: for ever. maintain deletes what is older.';
