CREATE OR REPLACE FUNCTION set_device_labels(device_ids text[], labels jsonb,
  reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_labels jsonb, new_labels jsonb)
  LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  why text := checked_reason('set_device_labels', set_device_labels.reason);
BEGIN
  PERFORM check_many(device_ids);
  PERFORM check_labels(set_device_labels.labels);
  FOR device_id IN SELECT n.id FROM each_once(device_ids) n(id) ORDER BY n.id LOOP
    BEGIN
      SELECT 'done', NULL, s.old_labels, s.new_labels
        INTO outcome, refusal, old_labels, new_labels
        FROM set_labels(set_device_labels.device_id, set_device_labels.labels, why) s;
    EXCEPTION WHEN no_data_found OR invalid_parameter_value THEN
      outcome := 'refused';
      refusal := SQLERRM;
      old_labels := NULL;
      new_labels := NULL;
    END;
    RETURN NEXT;
  END LOOP;
  PERFORM analyze_filled('device_label', cardinality(device_ids));
END $$;
COMMENT ON FUNCTION set_device_labels(text[], jsonb, text) IS
  'set_labels, for up to 10000 devices. Returns a row for each: done, or refused and why.';
