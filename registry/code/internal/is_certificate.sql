CREATE OR REPLACE FUNCTION is_certificate(der bytea) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN certificate_subject(der) IS NOT NULL;
EXCEPTION WHEN data_exception THEN
  RETURN false;
END $$;
COMMENT ON FUNCTION is_certificate(bytea) IS 'Internal: whether certificate_subject can read it.';
