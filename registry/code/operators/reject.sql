CREATE OR REPLACE FUNCTION reject(INOUT device_id text, reason text DEFAULT NULL,
  OUT group_name text, OUT decision text, OUT waiting_since timestamptz) LANGUAGE sql
  AS $$ SELECT * FROM settle_waiting($1, false, checked_reason('reject', $2)) $$;
COMMENT ON FUNCTION reject(text, text) IS
  'Rejects the request that the device waits with. That request stays refused until reset, or '
  'until another request of the device is rejected. A different request of the device may wait '
  'again.';
