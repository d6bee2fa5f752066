-- Called in expressions, not by PERFORM, which would add a line of context to what psql shows.
CREATE OR REPLACE FUNCTION checked_reason(act text, reason text) RETURNS text
  LANGUAGE plpgsql AS $$
BEGIN
  IF reason IS NULL OR reason !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s needs a reason', act),
      HINT = 'Add reason => ''lost, ticket 4711'' or the like: registry.events keeps it.';
  END IF;
  RETURN reason;
END $$;
COMMENT ON FUNCTION checked_reason(text, text) IS
  'Internal: returns the reason of an operator''s act; raises an error if there is none.';
