-- A proof that is a group's stays the group's: by another group's row the service would derive
-- other keys and look for other CAs. So only a device with a proof of its own moves (decision 28).
CREATE OR REPLACE FUNCTION move_device(INOUT device_id text, group_name text,
  reason text DEFAULT NULL, OUT old_group text, OUT new_group text) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  current device;
  own enrollment;
  target enrollment_group;
  held text;
BEGIN
  reason := checked_reason('move_device', reason);
  SELECT * INTO current FROM device d WHERE d.device_id = move_device.device_id FOR NO KEY UPDATE;
  SELECT * INTO own FROM enrollment e WHERE e.device_id = move_device.device_id FOR NO KEY UPDATE;
  SELECT * INTO target FROM enrollment_group g WHERE g.name = move_device.group_name;
  old_group := CASE WHEN current.device_id IS NULL THEN own.group_name ELSE current.group_name END;
  new_group := group_name;
  SELECT c.type INTO held FROM credential c WHERE c.device_id = move_device.device_id
    AND is_live(c, now()) ORDER BY c.generation DESC LIMIT 1;
  IF current.device_id IS NULL AND own.device_id IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no device %s', device_id),
      HINT = 'Ids are case-sensitive. SELECT device_id, state FROM registry.devices lists the '
        'devices.';
  ELSIF group_name IS NOT NULL AND target.name IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '23503',
      MESSAGE = format('there is no group %s', group_name),
      HINT = 'Names are case-sensitive. latchkey enroll group makes a group.';
  ELSIF own.device_id IS NULL OR own.proof = 'group' OR current.enrolled_by LIKE 'group:%' THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s proves itself by its group, %s', device_id,
        coalesce(substr(current.enrolled_by, 7), own.group_name, current.group_name, 'none')),
      HINT = 'The proof is that group''s and stays there. Give the device a proof of the other '
        'group or of its own, and call registry.reset: it provisions anew.';
  ELSIF NOT coalesce(held = ANY (coalesce(target.credential_types, '{x509}')), true) THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s has a credential of type %s, which %s does not give',
        device_id, held, coalesce('the group ' || group_name, 'no group')),
      HINT = 'The device could not renew it. registry.set_group_policy changes credential_types.';
  ELSIF old_group IS NOT DISTINCT FROM new_group
    AND own.group_name IS NOT DISTINCT FROM new_group THEN RETURN;
  END IF;
  UPDATE enrollment e SET group_name = new_group WHERE e.device_id = move_device.device_id;
  -- Its configuration is not worked out yet from the layers of the new group.
  UPDATE device d SET group_name = new_group, config_layers = NULL
    WHERE d.device_id = move_device.device_id;
  INSERT INTO config_due AS q (device_id) SELECT current.device_id
    WHERE current.device_id IS NOT NULL
    ON CONFLICT ON CONSTRAINT config_due_pkey DO UPDATE SET due_at = now(), tries = 0;
  UPDATE rights_entry e SET group_name = coalesce(new_group, ''),
    version = nextval('access_version'), untold = true
    WHERE e.device_id = move_device.device_id;
  INSERT INTO event (device_id, group_name, action, reason)
    VALUES (device_id, new_group, 'move_device', format('%s; from %s to %s', reason,
      coalesce('the group ' || old_group, 'no group'),
      coalesce('the group ' || new_group, 'no group')));
  PERFORM pg_notify('latchkey', 'config'), pg_notify('latchkey', 'access');
END $$;
COMMENT ON FUNCTION move_device(text, text, text) IS
  'Moves a device that is enrolled individually to another group, whose policy, configuration, '
  'endpoint and rights it has from now on; NULL: to none. Its proof and credentials stay.';
