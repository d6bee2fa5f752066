-- In the order that everybody keeps, so that two such acts, and the service, wait for one another
-- instead of stopping each other.
CREATE OR REPLACE FUNCTION act_on(ids text[], allowed text[], next text, why text)
  RETURNS TABLE (device_id text, outcome text, reason text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE state text;
BEGIN
  PERFORM check_many(ids);
  PERFORM FROM device d WHERE d.device_id = ANY (ids) ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, state IN SELECT n.id, d.state FROM each_once(ids) n(id)
    LEFT JOIN device d ON d.device_id = n.id ORDER BY n.id
  LOOP
    IF state = ANY (allowed) THEN
      PERFORM act(device_id, allowed, next, why, '');
      outcome := 'done';
      reason := NULL;
    ELSE
      outcome := 'refused';
      reason := coalesce('it is ' || state, 'it never registered');
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION act_on(text[], text[], text, text) IS
  'Internal: act, on many devices.';
