CREATE OR REPLACE FUNCTION refuse(state text, message text, hint text) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = state, MESSAGE = message, HINT = hint;
END $$;
COMMENT ON FUNCTION refuse(text, text, text) IS 'Internal: an error with a hint.';
