CREATE OR REPLACE FUNCTION end_token(INOUT token_id text, reason text DEFAULT NULL,
  OUT group_name text, OUT used bigint, OUT uses bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE gone token;
BEGIN
  end_token.reason := checked_reason('end_token', end_token.reason);
  DELETE FROM token k WHERE left(encode(k.hash, 'hex'), 16) = token_id RETURNING * INTO gone;
  IF gone IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no token %s', token_id),
      HINT = 'SELECT token_id, group_name FROM registry.tokens lists the tokens.';
  END IF;
  group_name := gone.group_name;
  SELECT q.used, q.max INTO used, uses FROM quota q
    WHERE q.name = gone.quota AND q.name LIKE 'token:%';
  INSERT INTO event (group_name, action, reason) VALUES (gone.group_name, 'end_token',
    token_id || ': ' || end_token.reason);
END $$;
COMMENT ON FUNCTION end_token(text, text) IS
  'Ends a token: no device registers with it any more. Devices that registered with it keep their '
  'credentials. Returns how often it was used, where it had a limit.';
