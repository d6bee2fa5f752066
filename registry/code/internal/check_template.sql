CREATE OR REPLACE FUNCTION check_template(template text, shared boolean) RETURNS void
LANGUAGE plpgsql STABLE AS $$
DECLARE
  shown constant text := to_json(left(template, 100))::text;
  wrong text;
  reached text;
BEGIN
  SELECT l INTO wrong FROM unnest(string_to_array(template, '/')) WITH ORDINALITY v(l, i)
    WHERE l !~ '^([!"%-*,-~]+|\+|#|\$\{device_id\}|\$\{group\})$'
      OR l = '#' AND i < cardinality(string_to_array(template, '/')) ORDER BY i LIMIT 1;
  IF wrong IS NOT NULL OR template = '' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no topic template: its level %s is not allowed', shown,
        to_json(left(coalesce(wrong, ''), 100))),
      HINT = 'Levels are not empty. A level is +, ${device_id}, ${group}, # (the last one only) or '
        'printable ASCII without space, $, + and #. Topics with $ are the broker''s own.';
  END IF;
  SELECT r INTO reached FROM setting s, unnest(ARRAY[s.provisioning_root, s.devices_root]) r
    WHERE templates_meet(template, r || '/#') LIMIT 1;
  IF reached IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the template %s reaches topics of the protocol, below %s', shown, reached),
      HINT = 'Begin it with a level of its own, as in plant/${device_id}/telemetry. A device or a '
        'group may have any name, so ${device_id} and ${group} may stand for any level there.';
  ELSIF NOT shared AND NOT '${device_id}' = ANY (string_to_array(template, '/')) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the template %s is the same for every device', shown),
      HINT = 'Make ${device_id} one of its levels. If all devices are meant to use these topics '
        'together, give it under "shared": {"shared": {"subscribe": ["plant/all/#"]}}.';
  END IF;
END $$;
COMMENT ON FUNCTION check_template(text, boolean) IS
  'Internal: raises an error unless this is a topic template that reaches no topic of the '
  'protocol, and has ${device_id} unless it is shared.';
