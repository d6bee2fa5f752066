CREATE OR REPLACE FUNCTION set_retention(what text, keep interval) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF what IS NULL OR what NOT IN ('attempts', 'events', 'counts', 'clone_signs', 'certificates',
    'waiting') THEN
    PERFORM refuse('22023', format('%L is nothing that retention knows', what),
      'attempts, events, counts, clone_signs, certificates or waiting.');
  ELSIF keep < interval '1 month' THEN
    PERFORM refuse('22023', format('%s is too short', keep),
      'At least a month; NULL keeps for ever.');
  END IF;
  EXECUTE format('UPDATE setting SET %I = $1', 'keep_' || what) USING keep;
  INSERT INTO event (action, reason) VALUES ('set_retention',
    what || ': ' || coalesce(keep::text, 'for ever'));
END $$;
COMMENT ON FUNCTION set_retention(text, interval) IS
  'How long attempts, events, counts, clone_signs, certificates (the credentials that ended) or '
  'waiting (who waits for approval and never registered) are kept; NULL: for ever. '
  'maintain acts on it.';
