-- In the order of their ids, in which everybody locks devices.
CREATE OR REPLACE FUNCTION decide_waiting(ids text[], approved boolean, why text)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE waits boolean;
BEGIN
  PERFORM check_many(ids);
  PERFORM FROM device d WHERE d.device_id = ANY (ids) ORDER BY d.device_id FOR NO KEY UPDATE;
  FOR device_id, waits IN SELECT n.id, p.device_id IS NOT NULL FROM each_once(ids) n(id)
    LEFT JOIN pending_approvals p ON p.device_id = n.id ORDER BY n.id
  LOOP
    outcome := CASE WHEN waits THEN 'done' ELSE 'refused' END;
    refusal := CASE WHEN NOT waits THEN 'it does not wait for approval' END;
    IF waits THEN PERFORM settle_waiting(decide_waiting.device_id, approved, why); END IF;
    RETURN NEXT;
  END LOOP;
END $$;
COMMENT ON FUNCTION decide_waiting(text[], boolean, text) IS
  'Internal: settle_waiting, for each of many devices.';
