-- What each kind of proof keeps, for groups and devices alike.
CREATE OR REPLACE FUNCTION check_material(proof text, material bytea) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF material IS NULL OR material = '' THEN
    PERFORM refuse('22023', 'the material is empty',
      'A key as latchkey sealed it, a public key or certificate in DER, or the SHA-256 of a '
      'token.');
  ELSIF octet_length(material) > 8192 THEN
    PERFORM refuse('22023', format('the material has %s bytes', octet_length(material)),
      'At most 8192.');
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    PERFORM refuse('22023', 'a token''s material is its SHA-256',
      'Use sha256(convert_to(token, ''UTF8'')).');
  ELSIF proof = 'public_key' AND get_byte(material, 0) <> 48 THEN
    PERFORM refuse('22023', 'this is no public key',
      'A SubjectPublicKeyInfo in DER; registry.pem(''-----BEGIN PUBLIC KEY----- ...'') reads PEM.');
  END IF;
END $$;
COMMENT ON FUNCTION check_material(text, bytea) IS
  'Internal: refuses material that cannot be of that proof.';
