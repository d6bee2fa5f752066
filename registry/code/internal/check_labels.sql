CREATE OR REPLACE FUNCTION check_labels(labels jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
  IF jsonb_typeof(labels) IS DISTINCT FROM 'object' OR labels = '{}' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'labels are a JSON object with at least one member',
      HINT = 'For example {"site": "hall 3", "note": null}; null removes a label.';
  END IF;
  SELECT key INTO wrong FROM jsonb_each(labels) l
    WHERE l.key !~ '^[a-z][a-z0-9_.-]{0,62}$' LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no name of a label', to_json(left(wrong, 100))),
      HINT = 'A name has 1 to 63 lower-case letters, digits and _.- and begins with a letter.';
  END IF;
  SELECT key INTO wrong FROM jsonb_each(labels) l
    WHERE jsonb_typeof(l.value) NOT IN ('string', 'null')
      OR length(l.value #>> '{}') NOT BETWEEN 1 AND 1000 LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the label %s is no text of 1 to 1000 characters', wrong),
      HINT = 'Write numbers as texts; null removes a label.';
  END IF;
END $$;
COMMENT ON FUNCTION check_labels(jsonb) IS
  'Internal: raises an error unless an object can change the labels of a device.';
