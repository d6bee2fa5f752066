CREATE OR REPLACE FUNCTION revoke_devices(device_ids text[], reason text)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1,
    '{off,provisioning_requested,registered,connected,ready,suspended}', 'revoked', $2) $$;
COMMENT ON FUNCTION revoke_devices(text[], text) IS
  'revoke, for up to 10000 devices. A row each: done, or refused and why.';
