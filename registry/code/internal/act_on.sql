-- Locks the devices in the order in which everybody locks them. So two such acts, or an act and the
-- service, wait for each other and do not deadlock.
CREATE OR REPLACE FUNCTION act_on(ids text[], allowed text[], next text, why text)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_state text, new_state text,
    credentials_ended bigint)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  PERFORM check_many(ids);
  PERFORM FROM device d WHERE d.device_id = ANY (ids) ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, old_state IN SELECT n.id, d.state FROM each_once(ids) n(id)
    LEFT JOIN device d ON d.device_id = n.id ORDER BY n.id
  LOOP
    outcome := 'refused';
    refusal := coalesce('it is ' || old_state, 'it never registered');
    new_state := old_state;
    credentials_ended := 0;
    IF old_state = ANY (allowed) THEN
      outcome := 'done';
      refusal := NULL;
      SELECT a.new_state, a.credentials_ended INTO new_state, credentials_ended
        FROM act(act_on.device_id, allowed, next, why, '') a;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION act_on(text[], text[], text, text) IS
  'Internal: act, for each of many devices.';
