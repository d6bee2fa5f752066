CREATE OR REPLACE FUNCTION resume_devices(device_ids text[])
  RETURNS TABLE (device_id text, outcome text, refusal text)
  LANGUAGE sql
  AS $$ SELECT * FROM act_on($1, '{suspended}', NULL, NULL) $$;
COMMENT ON FUNCTION resume_devices(text[]) IS
  'resume, for up to 10000 devices. A row each: done, or refused and why.';
