CREATE OR REPLACE FUNCTION check_config(config jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE unknown text;
BEGIN
  IF jsonb_typeof(config) IS DISTINCT FROM 'object' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'a configuration is a JSON object, not ' || coalesce(jsonb_typeof(config), 'NULL'),
      HINT = 'For example {"report_interval_s": 60}.';
  ELSIF octet_length(config::text) > 3072 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the configuration has %s bytes', octet_length(config::text)),
      HINT = 'It may have at most 3072 bytes of JSON, which fit into a message.';
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**{8 to last}') v
    WHERE jsonb_typeof(v) IN ('object', 'array')) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the configuration is nested too deeply',
      HINT = 'At most 8 objects and arrays may be inside each other.';
  ELSIF EXISTS (SELECT FROM jsonb_path_query(config, 'strict $.**') v
    WHERE jsonb_typeof(v) = 'number' AND abs(v::text::numeric) > 9007199254740991) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the configuration has a number beyond 2^53-1',
      HINT = 'Not every device can read such a number: write it as a string.';
  END IF;
  SELECT name[1] INTO unknown FROM jsonb_path_query(config, 'strict $.**') v,
    regexp_matches(v #>> '{}', '\$\{([^}]*)\}', 'g') name
    WHERE jsonb_typeof(v) = 'string'
      AND name[1] !~ '^(device_id|attribute\.[a-z][a-z0-9_]{0,31})$' LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the configuration has the unknown placeholder ${%s}', left(unknown, 64)),
      HINT = 'Placeholders are ${device_id} and ${attribute.NAME}.';
  END IF;
END $$;
COMMENT ON FUNCTION check_config(jsonb) IS
  'Internal: raises an error unless a configuration is an object of at most 3 KiB that devices can '
  'read and whose placeholders exist.';
