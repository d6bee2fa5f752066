CREATE OR REPLACE FUNCTION end_token(token_id text, reason text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE gone token;
BEGIN
  DELETE FROM token k WHERE left(encode(k.hash, 'hex'), 16) = token_id RETURNING * INTO gone;
  IF gone IS NULL THEN
    PERFORM refuse('P0002', format('there is no token %s', token_id),
      'SELECT token_id FROM registry.tokens shows them.');
  END IF;
  INSERT INTO event (group_name, action, reason) VALUES (gone.group_name, 'end_token',
    token_id || ': ' || coalesce(reason, 'no reason given'));
END $$;
COMMENT ON FUNCTION end_token(text, text) IS
  'Ends a token: nobody registers with it any more. Devices that did keep what they have.';
