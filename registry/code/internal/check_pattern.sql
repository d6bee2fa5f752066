CREATE OR REPLACE FUNCTION check_pattern(pattern text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF length(pattern) > 256 THEN
    PERFORM refuse('22023', format('device_id_pattern has %s characters', length(pattern)),
      'At most 256.');
  END IF;
  -- The one thing that PostgreSQL matches by trial and error: seconds for an id of 64 characters.
  -- Counted repetitions of counted repetitions it refuses as too complex.
  IF pattern ~ '(^|[^\\])(\\\\)*\\[1-9]' THEN
    PERFORM refuse('22023', 'device_id_pattern has a back-reference',
      'It can take very long to match: say what may stand there instead.');
  END IF;
  -- By itself as well: a)|(?:b is one only between our parentheses, and then it is not anchored.
  PERFORM '' ~ pattern, '' ~ ('^(?:' || pattern || ')$');
EXCEPTION WHEN invalid_regular_expression THEN
  PERFORM refuse('22023', 'device_id_pattern is no regular expression: ' || SQLERRM,
    'PostgreSQL''s syntax; it has to match the whole id.');
END $$;
COMMENT ON FUNCTION check_pattern(text) IS
  'Internal: a device_id_pattern is a regular expression, bounded.';
