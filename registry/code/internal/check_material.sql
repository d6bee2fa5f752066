CREATE OR REPLACE FUNCTION check_material(proof text, material bytea) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF material IS NULL OR material = '' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the material is empty',
      HINT = 'Give a key that latchkey sealed, a public key or certificate in DER, or the SHA-256 '
        'of a token.';
  ELSIF octet_length(material) > 8192 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the material has %s bytes', octet_length(material)),
      HINT = 'It may have at most 8192.';
  -- A version byte, 8 bytes of the master key's id, 12 of the IV, the key, 16 of the tag.
  ELSIF proof = 'symmetric_key' AND (octet_length(material) < 38 OR get_byte(material, 0) <> 1) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the material is no sealed key',
      HINT = 'latchkey enroll seals the key and enrols; nobody could use this one.';
  ELSIF proof = 'token' AND octet_length(material) <> 32 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the material of a token is its SHA-256, 32 bytes',
      HINT = 'Give sha256(convert_to(''the token'', ''UTF8'')).';
  ELSIF proof = 'public_key' AND NOT is_public_key(material) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the material is no public key',
      HINT = 'It must be a SubjectPublicKeyInfo in DER; registry.pem(''-----BEGIN PUBLIC KEY----- '
        '...'') makes DER of PEM.';
  END IF;
END $$;
COMMENT ON FUNCTION check_material(text, bytea) IS
  'Internal: raises an error if the material cannot belong to this kind of proof.';
