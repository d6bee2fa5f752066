CREATE OR REPLACE FUNCTION set_max_devices(g enrollment_group, wanted jsonb) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF jsonb_typeof(wanted) <> 'number' OR wanted::numeric NOT BETWEEN 0 AND 9223372036854775807
    OR wanted::numeric % 1 <> 0 THEN
    PERFORM refuse('22023', format('max_devices cannot be %s', wanted),
      'A whole number from 0 on; a large one instead of none.');
  ELSIF g.quota IS NULL THEN
    PERFORM refuse('55000', format('the group %s does not count its devices', g.name),
      'Only a group that was enrolled with max_devices does. Enrol another for those to come.');
  END IF;
  UPDATE quota q SET max = wanted::bigint WHERE q.name = g.quota AND q.used <= wanted::bigint;
  IF NOT FOUND THEN
    PERFORM refuse('55000', format('the group %s has more devices than %s', g.name, wanted),
      'SELECT devices_counted FROM registry.groups; decommission(device_id, reason) frees a '
      'place.');
  END IF;
END $$;
COMMENT ON FUNCTION set_max_devices(enrollment_group, jsonb) IS
  'Internal: how many devices a group may have that counts them.';
