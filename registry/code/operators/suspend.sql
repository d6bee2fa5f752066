CREATE OR REPLACE FUNCTION suspend(INOUT device_id text, reason text DEFAULT NULL,
  OUT old_state text, OUT new_state text, OUT credentials_ended bigint) LANGUAGE sql
  AS $$ SELECT * FROM act($1, '{off,provisioning_requested,registered,connected,ready}',
    'suspended', checked_reason('suspend', $2),
    'Only a device that is neither suspended nor revoked can be suspended.') $$;
COMMENT ON FUNCTION suspend(text, text) IS
  'Refuses the device until resume. Its credentials stay valid and are not accepted meanwhile.';
