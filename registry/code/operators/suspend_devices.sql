CREATE OR REPLACE FUNCTION suspend_devices(device_ids text[], reason text)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1, '{off,provisioning_requested,registered,connected,ready}',
    'suspended', $2) $$;
COMMENT ON FUNCTION suspend_devices(text[], text) IS
  'suspend, for up to 10000 devices. A row each: done, or refused and why.';
