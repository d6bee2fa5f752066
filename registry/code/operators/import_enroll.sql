-- Only where not every line enrolled a new device can one of them be enrolled in another way.
CREATE OR REPLACE FUNCTION import_enroll(first bigint, last bigint) RETURNS bigint
  LANGUAGE plpgsql AS $$
DECLARE
  brought bigint;
  added bigint;
  refused text;
BEGIN
  PERFORM check_importing();
  WITH new AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
      SELECT s.device_id, nullif(s.group_name, ''), s.proof,
        CASE s.proof WHEN 'group' THEN NULL ELSE s.material END, s.config
      FROM enrollment_import s WHERE s.line BETWEEN first AND last ORDER BY s.device_id
      ON CONFLICT (device_id) DO NOTHING RETURNING device_id, group_name),
  noted AS (INSERT INTO event (device_id, group_name, action) SELECT device_id, group_name,
    'enroll_device' FROM new)
  SELECT count(*) INTO added FROM new;
  SELECT count(*) INTO brought FROM enrollment_import s WHERE s.line BETWEEN first AND last;
  IF added = brought THEN RETURN added; END IF;
  -- Somebody may have enrolled one of these devices after import_problems ran.
  SELECT format('the device %s is enrolled already, %s', s.device_id,
    why_not_imported(s, e)) INTO refused
    FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id
    WHERE s.line BETWEEN first AND last AND why_not_imported(s, e) IS NOT NULL
      ORDER BY s.line LIMIT 1;
  IF refused IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '23505',
      MESSAGE = refused,
      HINT = 'Somebody enrolled it during the import: start the import again.';
  END IF;
  RETURN added;
END $$;
COMMENT ON FUNCTION import_enroll(bigint, bigint) IS
  'Enrols the devices of these lines and returns how many are new. A device that is enrolled '
  'exactly so already is passed over.';
