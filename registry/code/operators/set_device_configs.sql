CREATE OR REPLACE FUNCTION set_device_configs(device_ids text[], config jsonb,
  reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_config jsonb, new_config jsonb)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  why text := checked_reason('set_device_configs', set_device_configs.reason);
  known boolean;
BEGIN
  PERFORM check_many(device_ids);
  PERFORM check_config(set_device_configs.config);
  FOR device_id, known IN
    SELECT n.id, EXISTS (SELECT FROM device d WHERE d.device_id = n.id)
      OR EXISTS (SELECT FROM enrollment e WHERE e.device_id = n.id)
    FROM each_once(device_ids) n(id) ORDER BY n.id
  LOOP
    outcome := CASE WHEN known THEN 'done' ELSE 'refused' END;
    refusal := CASE WHEN NOT known THEN 'there is no such device' END;
    old_config := NULL;
    new_config := NULL;
    IF known THEN
      SELECT s.old_config, s.new_config INTO old_config, new_config FROM set_device_config(
        set_device_configs.device_id, set_device_configs.config, why) s;
    END IF;
    RETURN NEXT;
  END LOOP;
  PERFORM analyze_filled('device_config', cardinality(device_ids));
END $$;
COMMENT ON FUNCTION set_device_configs(text[], jsonb, text) IS
  'set_device_config, for up to 10000 devices. Returns a row for each: done, or refused and why.';
