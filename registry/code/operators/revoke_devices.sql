CREATE OR REPLACE FUNCTION revoke_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_state text, new_state text,
    credentials_ended bigint)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1,
    '{off,provisioning_requested,registered,connected,ready,suspended}',
    'revoked', checked_reason('revoke_devices', $2)) $$;
COMMENT ON FUNCTION revoke_devices(text[], text) IS
  'revoke, for up to 10000 devices. Returns a row for each: done, or refused and why.';
