CREATE OR REPLACE FUNCTION reset_devices(device_ids text[], reason text)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1,
    '{provisioning_requested,registered,connected,ready,suspended,revoked}', 'off', $2) $$;
COMMENT ON FUNCTION reset_devices(text[], text) IS
  'reset, for up to 10000 devices. A row each: done, or refused and why.';
