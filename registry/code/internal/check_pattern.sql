CREATE OR REPLACE FUNCTION check_pattern(pattern text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF length(pattern) > 256 THEN
    PERFORM refuse('22023', format('device_id_pattern has %s characters', length(pattern)),
      'At most 256.');
  END IF;
  -- By itself as well: a)|(?:b is one only between our parentheses, and then it is not anchored.
  PERFORM '' ~ pattern, '' ~ ('^(?:' || pattern || ')$');
EXCEPTION WHEN invalid_regular_expression THEN
  PERFORM refuse('22023', 'device_id_pattern is no regular expression: ' || SQLERRM,
    'PostgreSQL''s syntax; it has to match the whole id.');
END $$;
COMMENT ON FUNCTION check_pattern(text) IS
  'Internal: a device_id_pattern is a regular expression, bounded.';
