CREATE OR REPLACE FUNCTION set_device_configs(device_ids text[], config jsonb,
  reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE known boolean;
BEGIN
  PERFORM check_many(device_ids);
  PERFORM check_config(set_device_configs.config);
  FOR device_id, known IN
    SELECT n.id, EXISTS (SELECT FROM device d WHERE d.device_id = n.id)
      OR EXISTS (SELECT FROM enrollment e WHERE e.device_id = n.id)
    FROM each_once(device_ids) n(id) ORDER BY n.id
  LOOP
    IF known THEN
      PERFORM set_device_config(device_id, set_device_configs.config, set_device_configs.reason);
    END IF;
    outcome := CASE WHEN known THEN 'done' ELSE 'refused' END;
    refusal := CASE WHEN NOT known THEN 'there is no such device' END;
    RETURN NEXT;
  END LOOP;
  PERFORM analyze_filled('device_config', cardinality(device_ids));
END $$;
COMMENT ON FUNCTION set_device_configs(text[], jsonb, text) IS
  'set_device_config, for up to 10000 devices. A row each: done, or refused and why.';
