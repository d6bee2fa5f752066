-- Called in expressions, not by PERFORM, which would add a line of context to what psql shows.
CREATE OR REPLACE FUNCTION checked_reason(act text, reason text) RETURNS text
  LANGUAGE plpgsql AS $$
BEGIN
  IF reason IS NULL OR reason !~ '\S' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s needs a reason', act),
      HINT = CASE WHEN reason IS NULL THEN 'Add reason => ''lost, ticket 4711'' or the like: '
        ELSE 'reason => '''' says nothing; say why, for example ''lost, ticket 4711'': ' END
        || 'registry.events keeps it.';
  ELSIF current_setting('latchkey.actor', true) !~ '^[[:print:]]{0,100}$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'latchkey.actor is no name',
      HINT = 'It names the person behind a shared login, in at most 100 printable characters: SET '
        'latchkey.actor = ''alice''.';
  END IF;
  RETURN reason;
END $$;
COMMENT ON FUNCTION checked_reason(text, text) IS
  'Internal: returns the reason of an operator''s act; raises an error if there is none.';
