CREATE OR REPLACE FUNCTION roll_group_key(INOUT name text, material bytea,
  INOUT proof text DEFAULT NULL, OUT has_two_keys boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE found enrollment_group;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found IS NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  ELSIF found.proof = 'token' THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the proof of the group %s is token, which has no key to roll', name),
      HINT = 'registry.create_token makes a new token, registry.end_token ends the old one.';
  ELSIF proof <> found.proof THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('the proof of the group %s is %s, not %s', name, found.proof, proof),
      HINT = 'The new key or CA must be of the same kind as the old one.';
  ELSIF found.secondary_material IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the group %s has two keys already', name),
      HINT = 'registry.retire_group_key ends the older one.';
  END IF;
  proof := found.proof;
  has_two_keys := true;
  PERFORM check_material(found.proof, material);
  UPDATE enrollment_group g SET material = roll_group_key.material,
    secondary_material = g.material, rolled_at = clock_timestamp() WHERE g.name = name;
  IF found.proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'roll_group_key');
END $$;
COMMENT ON FUNCTION roll_group_key(text, bytea, text) IS
  'Gives a group a new symmetric key (as latchkey enroll seal-key prints it) or CA. The old one '
  'is accepted as well until retire_group_key. proof: refuse the call unless the group has this '
  'proof.';
