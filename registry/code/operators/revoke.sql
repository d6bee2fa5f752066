CREATE OR REPLACE FUNCTION revoke(device_id text, reason text) RETURNS void LANGUAGE sql
  AS $$ SELECT act($1, '{off,provisioning_requested,registered,connected,ready,suspended}',
    'revoked', $2, 'It is revoked already.') $$;
COMMENT ON FUNCTION revoke(text, text) IS
  'Ends the device''s credentials for good; only reset lets it in again.';
