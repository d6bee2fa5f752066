CREATE OR REPLACE FUNCTION create_token(name text, uses bigint, valid_for interval) RETURNS text
  LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  found enrollment_group;
  made text := random_token();
  hash bytea := sha256(convert_to(made, 'UTF8'));
  counter text;
BEGIN
  SELECT * INTO found FROM enrollment_group g WHERE g.name = name FOR KEY SHARE;
  IF found IS NULL THEN
    PERFORM refuse('P0002', format('there is no group %s', name),
      'SELECT registry.enroll_group(name, ''token'', NULL) makes one.');
  ELSIF found.proof <> 'token' THEN
    PERFORM refuse('55000', format('the proof of the group %s is %s', name, found.proof),
      'Only a group whose proof is token has tokens.');
  ELSIF uses < 1 THEN
    PERFORM refuse('22023', format('%s uses', uses),
      'At least 1; NULL for no bound but that of its group.');
  ELSIF valid_for IS NULL OR valid_for <= interval '0' OR valid_for > interval '5 years' THEN
    PERFORM refuse('22023', format('%L is no time for a token to be valid', valid_for),
      'More than nothing and at most 5 years.');
  END IF;
  counter := found.quota;
  IF uses IS NOT NULL THEN
    counter := 'token:' || left(encode(hash, 'hex'), 16);
    INSERT INTO quota (name, max, parent) VALUES (counter, uses, found.quota);
  END IF;
  INSERT INTO token (hash, group_name, quota, valid_until) VALUES (hash, name, counter,
    now() + valid_for);
  INSERT INTO event (group_name, action, reason) VALUES (name, 'create_token',
    format('%s: %s uses for %s', left(encode(hash, 'hex'), 16),
      coalesce(uses::text, 'any number of'), valid_for));
  RETURN made;
END $$;
COMMENT ON FUNCTION create_token(text, bigint, interval) IS
  'Makes a token for a group whose proof is token, and shows it this once: only its SHA-256 is '
  'kept. uses: how many devices may register with it, NULL for any number; valid_for: for how '
  'long newcomers may.';
