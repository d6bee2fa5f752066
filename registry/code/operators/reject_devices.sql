CREATE OR REPLACE FUNCTION reject_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM decide_waiting($1, false, checked_reason('reject_devices', $2)) $$;
COMMENT ON FUNCTION reject_devices(text[], text) IS
  'reject, for up to 10000 devices. Returns a row for each: done, or refused and why.';
