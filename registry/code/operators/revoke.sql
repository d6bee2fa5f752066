CREATE OR REPLACE FUNCTION revoke(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE sql
  AS $$ SELECT * FROM act($1, '{off,provisioning_requested,registered,connected,ready,suspended}',
    'revoked', checked_reason('revoke', $2),
    'It is revoked already. reset lets it provision again.') $$;
COMMENT ON FUNCTION revoke(text, text) IS
  'Ends the device''s credentials for good and refuses the device. Only reset lets it in again.';
