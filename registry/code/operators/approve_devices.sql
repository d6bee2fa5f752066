CREATE OR REPLACE FUNCTION approve_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM decide_waiting($1, true, checked_reason('approve_devices', $2)) $$;
COMMENT ON FUNCTION approve_devices(text[], text) IS
  'approve, for up to 10000 devices. Returns a row for each: done, or refused and why.';
