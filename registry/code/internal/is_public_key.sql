-- A SEQUENCE of an algorithm and a BIT STRING (RFC 5280, 4.1.2.7), and nothing behind it.
CREATE OR REPLACE FUNCTION is_public_key(der bytea) RETURNS boolean
  LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  whole record;
  algorithm record;
  key record;
BEGIN
  whole := der_at(der, 0);
  algorithm := der_at(der, whole.start);
  key := der_at(der, algorithm.stop);
  RETURN (whole.tag, algorithm.tag, key.tag) = (48, 48, 3)
    AND whole.stop = length(der) AND key.stop = length(der);
EXCEPTION WHEN array_subscript_error THEN
  RETURN false;
END $$;
COMMENT ON FUNCTION is_public_key(bytea) IS
  'Internal: whether bytes look like a SubjectPublicKeyInfo in DER.';
