CREATE OR REPLACE FUNCTION pem(pem text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE body text := substring(pem FROM '-----BEGIN [A-Z ]+-----(.*?)-----END');
BEGIN
  IF body IS NULL THEN
    PERFORM refuse('22023', 'this is no PEM text',
      'It begins with -----BEGIN and ends with -----END.');
  END IF;
  RETURN decode(body, 'base64');
EXCEPTION WHEN invalid_parameter_value THEN
  PERFORM refuse('22023', 'this is no PEM text: ' || SQLERRM,
    'Between its first and last line there is base64 only.');
END $$;
COMMENT ON FUNCTION pem(text) IS
  'The DER inside the first PEM block of a text: for the material of enroll_group and '
  'enroll_device.';
