CREATE OR REPLACE FUNCTION approve(device_id text, reason text DEFAULT NULL) RETURNS void
  LANGUAGE sql
  AS $$ SELECT settle_waiting($1, true, $2) $$;
COMMENT ON FUNCTION approve(text, text) IS
  'Admits what the device asked for first and waits for; it gets its credential when it asks '
  'again.';
