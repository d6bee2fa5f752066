CREATE OR REPLACE FUNCTION check_pattern(pattern text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF length(pattern) > 256 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('device_id_pattern has %s characters', length(pattern)),
      HINT = 'It may have at most 256.';
  END IF;
  -- PostgreSQL matches back-references alone by trial and error, which takes seconds for an id of
  -- 64 characters. Counted repetitions of counted repetitions it refuses itself.
  IF pattern ~ '(^|[^\\])(\\\\)*\\[1-9]' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'device_id_pattern has a back-reference',
      HINT = 'Matching it can take very long. Write out what may be there instead.';
  END IF;
  -- Alone as well: a)|(?:b is an expression only inside our parentheses, and then not anchored.
  PERFORM '' ~ pattern, '' ~ ('^(?:' || pattern || ')$');
EXCEPTION WHEN invalid_regular_expression THEN
  RAISE EXCEPTION USING ERRCODE = '22023',
    MESSAGE = 'device_id_pattern is no regular expression: ' || SQLERRM,
    HINT = 'It must be a regular expression of PostgreSQL that matches the whole id.';
END $$;
COMMENT ON FUNCTION check_pattern(text) IS
  'Internal: raises an error if a device_id_pattern is no regular expression or costs too much.';
