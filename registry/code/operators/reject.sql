CREATE OR REPLACE FUNCTION reject(device_id text, reason text) RETURNS void LANGUAGE sql
  AS $$ SELECT settle_waiting($1, false, $2) $$;
COMMENT ON FUNCTION reject(text, text) IS
  'Refuses what the device waits for. The same request is refused until another one of the device '
  'is rejected or it is reset; another one may wait anew.';
