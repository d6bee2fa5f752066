CREATE OR REPLACE FUNCTION set_labels(INOUT device_id text, labels jsonb,
  reason text DEFAULT NULL, OUT old_labels jsonb, OUT new_labels jsonb)
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  most constant int := 32;
  of_group text;
BEGIN
  reason := checked_reason('set_labels', reason);
  PERFORM check_labels(labels);
  SELECT d.group_name INTO of_group FROM devices d WHERE d.device_id = set_labels.device_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no device %s', device_id),
      HINT = 'Enrol it first, or wait until it registers. Ids are case-sensitive.';
  END IF;
  INSERT INTO device_label (device_id) VALUES (device_id) ON CONFLICT DO NOTHING;
  SELECT l.labels INTO old_labels FROM device_label l WHERE l.device_id = set_labels.device_id
    FOR UPDATE;
  new_labels := jsonb_strip_nulls(old_labels || labels);
  IF (SELECT count(*) FROM jsonb_object_keys(new_labels)) > most THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the device %s would have more than %s labels', device_id, most),
      HINT = 'Remove some: {"name": null}.';
  END IF;
  IF new_labels = old_labels THEN RETURN; END IF;
  UPDATE device_label l SET labels = new_labels WHERE l.device_id = set_labels.device_id;
  -- Only the names: forget erases labels, and events stay.
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (device_id, of_group, 'set_labels', reason || ': '
      || (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_object_keys(labels) key));
END $$;
COMMENT ON FUNCTION set_labels(text, jsonb, text) IS
  'Changes the labels of a device that the JSON object names: a text sets one, null removes one. '
  'Labels are for operators; devices never see them.';
