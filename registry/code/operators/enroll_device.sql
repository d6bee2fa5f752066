CREATE OR REPLACE FUNCTION enroll_device(device_id text, proof text, material bytea DEFAULT NULL,
  group_name text DEFAULT NULL, config jsonb DEFAULT '{}')
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
BEGIN
  IF device_id IS NULL OR device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    PERFORM refuse('22023', 'this is no device id',
      'Letters, digits and ._:- , the first a letter or digit, at most 64.');
  ELSIF proof IS NULL OR proof NOT IN ('symmetric_key', 'public_key', 'x509', 'token', 'group') THEN
    PERFORM refuse('22023', format('%L is no proof for a device', proof),
      'symmetric_key, public_key, x509, token, or group for the allow list of its group.');
  ELSIF proof = 'group' AND (group_name IS NULL OR material IS NOT NULL) THEN
    PERFORM refuse('22023', 'the proof group needs a group_name and no material',
      'It puts the device on the allow list of that group.');
  ELSIF group_name IS NOT NULL AND NOT EXISTS (SELECT FROM enrollment_group g
    WHERE g.name = group_name) THEN
    PERFORM refuse('23503', format('there is no group %s', group_name),
      'latchkey enroll group makes one.');
  ELSIF proof = 'x509' AND octet_length(material) <> 32 THEN
    -- The certificate itself does as well as its fingerprint.
    PERFORM refuse_ended(material);
    material := sha256(material);
  END IF;
  IF proof <> 'group' THEN PERFORM check_material(proof, material); END IF;
  PERFORM check_config(config);
  INSERT INTO enrollment (device_id, group_name, proof, material, config)
    VALUES (device_id, group_name, proof, material, config);
  INSERT INTO event (device_id, group_name, action) VALUES (device_id, group_name, 'enroll_device');
EXCEPTION WHEN unique_violation THEN
  PERFORM refuse('23505', format('the device %s is enrolled already', device_id),
    'SELECT * FROM registry.devices WHERE device_id = ... shows it. Replaced it is by '
    'decommission, forget, enroll_device and reset.');
END $$;
COMMENT ON FUNCTION enroll_device(text, text, bytea, text, jsonb) IS
  'Enrols one device. material: its key as latchkey sealed it (latchkey enroll device does that), '
  'its public key or certificate (DER, see pem), or the SHA-256 of its token.';
