CREATE OR REPLACE FUNCTION bytes_in(material text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF material LIKE '\\x%' THEN RETURN material::bytea; END IF;
  RETURN pem(material);
EXCEPTION WHEN data_exception THEN
  RETURN NULL;
END $$;
COMMENT ON FUNCTION bytes_in(text) IS
  'Internal: decodes \x with hexadecimal digits, or PEM; NULL if the text is neither.';
