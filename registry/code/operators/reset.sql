CREATE OR REPLACE FUNCTION reset(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE sql
  AS $$ SELECT * FROM act($1,
    '{provisioning_requested,registered,connected,ready,suspended,revoked}', 'off',
    checked_reason('reset', $2), 'It is off already: it can provision as it is.') $$;
COMMENT ON FUNCTION reset(text, text) IS
  'Ends the device''s credentials and lets it provision again, by any enrolment.';
