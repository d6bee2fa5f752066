CREATE OR REPLACE FUNCTION set_max_devices(g enrollment_group, wanted jsonb) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(wanted) <> 'number' OR wanted::numeric NOT BETWEEN 0 AND 9223372036854775807
    OR wanted::numeric % 1 <> 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('max_devices cannot be %s', wanted),
      HINT = 'Choose a whole number from 0 on; for no limit, a very large one.';
  ELSIF g.quota IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the group %s does not count its devices', g.name),
      HINT = 'Only a group that was enrolled with max_devices does. Enrol another group for the '
        'devices to come.';
  END IF;
  UPDATE quota q SET max = wanted::bigint WHERE q.name = g.quota AND q.used <= wanted::bigint;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the group %s has more devices than %s', g.name, wanted),
      HINT = 'registry.groups shows devices_counted; registry.decommission frees a place.';
  END IF;
END $$;
COMMENT ON FUNCTION set_max_devices(enrollment_group, jsonb) IS
  'Internal: sets how many devices a group may have.';
