CREATE OR REPLACE FUNCTION set_status(what text, name text, next text, why text) RETURNS void
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  IF what = 'group' THEN
    UPDATE enrollment_group g SET status = next WHERE g.name = name;
  ELSE
    UPDATE enrollment e SET status = next WHERE e.device_id = name;
  END IF;
  IF NOT FOUND AND what = 'group' THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF NOT FOUND THEN
    PERFORM refuse('P0002', format('the device %s is not enrolled individually', name),
      'suspend(device_id, reason) stops a device of a group.');
  END IF;
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (CASE what WHEN 'device' THEN name END, CASE what WHEN 'group' THEN name END,
      CASE next WHEN 'enabled' THEN 'enable_' ELSE 'disable_' END || what, why);
END $$;
COMMENT ON FUNCTION set_status(text, text, text, text) IS
  'Internal: enables or disables a group or an individual enrolment.';
