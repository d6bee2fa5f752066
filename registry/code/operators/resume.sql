CREATE OR REPLACE FUNCTION resume(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE sql
  AS $$ SELECT * FROM act($1, '{suspended}', NULL, checked_reason('resume', $2),
    'Only a suspended device can be resumed. reset lets a revoked device provision again.') $$;
COMMENT ON FUNCTION resume(text, text) IS
  'Ends a suspension: the device is again in the state that it had before.';
