CREATE OR REPLACE FUNCTION set_status(what text, INOUT name text, next text, why text,
  OUT old_status text, OUT new_status text) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  concerned text[];
  of_group text := name;
BEGIN
  new_status := next;
  IF what = 'group' THEN
    SELECT g.status INTO old_status FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
    UPDATE enrollment_group g SET status = next WHERE g.name = name;
  ELSE
    SELECT e.status, e.group_name INTO old_status, of_group FROM enrollment e
      WHERE e.device_id = name FOR NO KEY UPDATE;
    UPDATE enrollment e SET status = next WHERE e.device_id = name;
  END IF;
  IF NOT FOUND AND what = 'group' THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  ELSIF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('the device %s is not enrolled individually', name),
      HINT = 'registry.suspend stops a device that came by a group.';
  END IF;
  -- A device that stayed connected gets what was not sent to it meanwhile.
  INSERT INTO config_due AS q (device_id) SELECT d.device_id FROM device d JOIN presence r
    USING (device_id)
    WHERE next = 'enabled' AND d.applied_config_version < d.config_version
      AND CASE what WHEN 'group' THEN d.group_name = name ELSE d.device_id = name END
    ORDER BY d.device_id ON CONFLICT (device_id) DO UPDATE SET due_at = now(), tries = 0;
  IF what = 'group' THEN
    concerned := array(SELECT d.device_id FROM device d
      WHERE d.group_name = name AND d.enrolled_by = 'group:' || name AND d.generation > 0);
  ELSE
    concerned := array(SELECT d.device_id FROM device d
      WHERE d.device_id = name AND d.generation > 0);
  END IF;
  PERFORM note_access(concerned, next = 'disabled');
  PERFORM pg_notify('latchkey', 'config'), pg_notify('latchkey', 'access');
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (CASE what WHEN 'device' THEN name END, of_group,
      CASE next WHEN 'enabled' THEN 'enable_' ELSE 'disable_' END || what, why);
END $$;
COMMENT ON FUNCTION set_status(text, text, text, text) IS
  'Internal: enables or disables a group or an individual enrolment.';
