CREATE OR REPLACE FUNCTION roll_group_key(name text, material bytea, proof text DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE found enrollment_group;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR NO KEY UPDATE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  ELSIF found.proof = 'token' THEN
    PERFORM refuse('55000', 'a token is not rolled',
      'Make a new token; the old one ends by itself or with its group.');
  ELSIF proof <> found.proof THEN
    PERFORM refuse('22023', format('the group %s proves itself by %s, not by %s', name,
      found.proof, proof), 'Its new key or CA has to be of the same kind.');
  ELSIF found.secondary_material IS NOT NULL THEN
    PERFORM refuse('55000', format('the group %s has two keys already', name),
      'retire_group_key ends the older one.');
  END IF;
  PERFORM check_material(found.proof, material);
  UPDATE enrollment_group g SET material = roll_group_key.material,
    secondary_material = g.material, rolled_at = clock_timestamp() WHERE g.name = name;
  IF found.proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'roll_group_key');
END $$;
COMMENT ON FUNCTION roll_group_key(text, bytea, text) IS
  'Gives a group a new key (as latchkey enroll seal-key prints it) or CA; the one before stays '
  'good as its secondary until retire_group_key. proof, if given, has to be the group''s.';
