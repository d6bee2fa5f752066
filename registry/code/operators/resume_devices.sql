CREATE OR REPLACE FUNCTION resume_devices(device_ids text[], reason text DEFAULT NULL)
  RETURNS TABLE (device_id text, outcome text, refusal text, old_state text, new_state text,
    credentials_ended bigint)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1, '{suspended}',
    NULL, checked_reason('resume_devices', $2)) $$;
COMMENT ON FUNCTION resume_devices(text[], text) IS
  'resume, for up to 10000 devices. Returns a row for each: done, or refused and why.';
