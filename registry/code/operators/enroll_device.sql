CREATE OR REPLACE FUNCTION enroll_device(INOUT device_id text, INOUT proof text,
  material bytea DEFAULT NULL, INOUT group_name text DEFAULT NULL, config jsonb DEFAULT '{}')
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE registered_by text;
BEGIN
  IF device_id IS NULL OR device_id !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no device id',
        coalesce(to_json(left(device_id, 100))::text, 'NULL')),
      HINT = 'A device id has 1 to 64 letters, digits and ._:- and begins with a letter or digit.';
  ELSIF proof IS NULL OR NOT proof = ANY (proofs(false) || 'group'::text) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is no proof for a device', proof),
      HINT = format('Choose one of %s; or group to put the device on the allow list of its group.',
        array_to_string(proofs(false), ', '));
  ELSIF proof = 'group' AND (group_name IS NULL OR material IS NOT NULL) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'the proof group needs a group_name and no material',
      HINT = 'It puts the device on the allow list of that group.';
  ELSIF group_name IS NOT NULL AND NOT EXISTS (SELECT FROM enrollment_group g
    WHERE g.name = group_name) THEN
    RAISE EXCEPTION USING ERRCODE = '23503',
      MESSAGE = format('there is no group %s', group_name),
      HINT = 'Names are case-sensitive. latchkey enroll group makes a group.';
  ELSIF proof = 'x509' AND octet_length(material) <> 32 THEN
    -- The certificate itself, where its fingerprint is expected.
    PERFORM refuse_ended(material);
    material := sha256(material);
  END IF;
  IF proof <> 'group' THEN PERFORM check_material(proof, material); END IF;
  PERFORM check_config(config);
  registered_by := registered_by_other(device_id, proof, group_name);
  IF registered_by IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the device %s is registered by %s', device_id, registered_by),
      HINT = 'Another enrolment has no effect on it until registry.reset, which ends its '
        'credentials. Reset it first.';
  END IF;
  INSERT INTO enrollment (device_id, group_name, proof, material, config)
    VALUES (device_id, group_name, proof, material, config);
  INSERT INTO event (device_id, group_name, action) VALUES (device_id, group_name, 'enroll_device');
EXCEPTION WHEN unique_violation THEN
  RAISE EXCEPTION USING ERRCODE = '23505',
    MESSAGE = format('the device %s is enrolled already', device_id),
    HINT = 'To replace its enrolment, call registry.decommission, registry.forget, '
      'registry.enroll_device and registry.reset, in this order.';
END $$;
COMMENT ON FUNCTION enroll_device(text, text, bytea, text, jsonb) IS
  'Enrols one device. material: its symmetric key, sealed (latchkey enroll device does that), its '
  'public key or certificate (DER; pem reads PEM), or the SHA-256 of its token.';
