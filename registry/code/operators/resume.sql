CREATE OR REPLACE FUNCTION resume(device_id text) RETURNS void LANGUAGE sql
  AS $$ SELECT act($1, '{suspended}', NULL, NULL,
    'Only a suspended device can be resumed; a revoked one needs reset.') $$;
COMMENT ON FUNCTION resume(text) IS 'Lets a suspended device go on where it was.';
