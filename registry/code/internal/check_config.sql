CREATE OR REPLACE FUNCTION check_config(config jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE unknown text;
BEGIN
  IF jsonb_typeof(config) IS DISTINCT FROM 'object' THEN
    PERFORM refuse('22023', 'a config is a JSON object, not ' || coalesce(jsonb_typeof(config),
      'NULL'), 'For example {"report_interval_s": 60}.');
  ELSIF octet_length(config::text) > 3072 THEN
    PERFORM refuse('22023', format('the config has %s bytes', octet_length(config::text)),
      'At most 3072 bytes of JSON fit into a message.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**{8 to last}') v
    WHERE jsonb_typeof(v) IN ('object', 'array')) THEN
    PERFORM refuse('22023', 'the config is nested too deeply',
      'At most 8 objects and arrays inside each other.');
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**') v
    WHERE jsonb_typeof(v) = 'number' AND abs(v::text::numeric) > 9007199254740991) THEN
    PERFORM refuse('22023', 'the config has a number beyond 2^53-1',
      'Not every device could read it: write it as a string.');
  END IF;
  SELECT name[1] INTO unknown FROM jsonb_path_query(config, 'strict $.**') v,
    regexp_matches(v #>> '{}', '\$\{([^}]*)\}', 'g') name
    WHERE jsonb_typeof(v) = 'string'
      AND name[1] !~ '^(device_id|attribute\.[a-z][a-z0-9_]{0,31})$' LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('the config has the placeholder ${%s}', left(unknown, 64)),
      'There are ${device_id} and ${attribute.NAME}.');
  END IF;
END $$;
COMMENT ON FUNCTION check_config(jsonb) IS
  'Internal: a config is an object of at most 3 KiB that devices can read, with known '
  'placeholders.';
