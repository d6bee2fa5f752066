CREATE OR REPLACE FUNCTION reset(device_id text, reason text) RETURNS void LANGUAGE sql
  AS $$ SELECT act($1, '{provisioning_requested,registered,connected,ready,suspended,revoked}',
    'off', $2, 'It is off already.') $$;
COMMENT ON FUNCTION reset(text, text) IS
  'Ends the device''s credentials and lets it provision anew, by any enrolment.';
