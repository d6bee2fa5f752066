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
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. registry.enroll_group(''kits'', ''token'', NULL) makes a '
        'group for tokens.';
  ELSIF found.proof <> 'token' THEN
    RAISE EXCEPTION USING ERRCODE = '55000',
      MESSAGE = format('the proof of the group %s is %s', name, found.proof),
      HINT = 'Choose a group whose proof is token.';
  ELSIF uses < 1 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('a token for %s uses lets nobody in', uses),
      HINT = 'Choose at least 1, or NULL for no limit beside that of its group.';
  ELSIF valid_for IS NULL OR valid_for <= interval '0' OR valid_for > interval '5 years' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('a token cannot be valid for %L', valid_for),
      HINT = 'Choose an interval above 0 and of at most 5 years.';
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
  'Makes a token for a group whose proof is token and returns it. The registry keeps only its '
  'SHA-256, so it cannot be shown again. uses: how many devices may register with it, NULL for '
  'any number; valid_for: for how long they may.';
