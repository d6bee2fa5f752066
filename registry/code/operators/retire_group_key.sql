CREATE OR REPLACE FUNCTION retire_group_key(name text) RETURNS bigint LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  left_behind bigint := 0;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found.secondary_material IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('the group %s has no older key or CA to retire', name),
      HINT = 'registry.roll_group_key gives it a new one and keeps the older one beside it.';
  END IF;
  UPDATE enrollment_group g SET secondary_material = NULL, rolled_at = NULL,
    retired_at = CASE found.proof WHEN 'symmetric_key' THEN clock_timestamp() END,
    retired_before = CASE found.proof WHEN 'symmetric_key' THEN found.rolled_at END
    WHERE g.name = name;
  IF found.proof = 'x509' THEN
    DELETE FROM group_ca c WHERE c.group_name = name
      AND c.subject <> certificate_subject(found.material);
  END IF;
  IF found.proof = 'symmetric_key' THEN
    SELECT count(*) INTO left_behind FROM device d
      WHERE d.group_name = name AND d.enrolled_by = 'group:' || name
        AND needs_retired_key(d.device_id, found.sealing, found.rolled_at);
  END IF;
  IF left_behind > 0 THEN
    RAISE NOTICE '% devices of the group % have a credential whose configurations are signed or '
                 'sealed under the older key; registry.stuck_devices lists them', left_behind, name
      USING HINT = 'If that is too many, roll the transaction back.';
  END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'retire_group_key');
  RETURN left_behind;
END $$;
COMMENT ON FUNCTION retire_group_key(text) IS
  'Ends the older key or CA of a group: devices that still use it are refused. A device whose '
  'credential was signed under the older symmetric key gets no configurations until it provisions '
  'or renews. A device whose configurations were sealed under that key gets them in clear until '
  'it provisions with the newer key, or none if sealing of the group is always. Returns the number '
  'of live credentials of both kinds, and shows it in a notice; stuck_devices lists the devices. '
  'Those that provisioned with the older key after the roll are not counted.';
