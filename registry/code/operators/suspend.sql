CREATE OR REPLACE FUNCTION suspend(device_id text, reason text) RETURNS void LANGUAGE sql
  AS $$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready}', 'suspended', $2,
    'Only a device that is neither suspended nor revoked can be suspended.') $$;
COMMENT ON FUNCTION suspend(text, text) IS 'Refuses the device until resume.';
