CREATE OR REPLACE FUNCTION pem(pem text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE body text := substring(pem FROM '-----BEGIN [A-Z ]+-----(.*?)-----END');
BEGIN
  IF body IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the text is no PEM',
      HINT = 'PEM begins with -----BEGIN and ends with -----END.';
  END IF;
  BEGIN
    RETURN decode(body, 'base64');
  EXCEPTION WHEN invalid_parameter_value THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the text is no PEM: ' || SQLERRM,
      HINT = 'Between its first and its last line there must be base64 and nothing else.';
  END;
END $$;
COMMENT ON FUNCTION pem(text) IS
  'Returns the DER in the first PEM block of a text, for the material of enroll_group and '
  'enroll_device.';
