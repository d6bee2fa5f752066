CREATE OR REPLACE FUNCTION check_policy(g enrollment_group) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF g.admission IS NULL OR g.admission NOT IN ('automatic', 'allow_list', 'approval') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is no admission', g.admission),
      HINT = 'Choose automatic, allow_list or approval.';
  ELSIF g.reprovisioning IS NULL OR g.reprovisioning NOT IN ('rotate', 'deny') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is no reprovisioning', g.reprovisioning),
      HINT = 'Choose rotate or deny.';
  ELSIF g.credential_types IS NULL OR g.credential_types = '{}'
    OR NOT g.credential_types <@ '{x509,password}' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L are no credential types', g.credential_types),
      HINT = 'Choose {x509}, {password} or {x509,password}.';
  ELSIF g.sealing IS NULL OR g.sealing NOT IN ('possible', 'always', 'never') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is not a value of sealing', g.sealing),
      HINT = 'Choose possible, always or never.';
  ELSIF g.token_attributes IS NULL OR g.token_attributes NOT IN ('reported', 'trusted') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is not a value of token_attributes', g.token_attributes),
      HINT = 'Choose reported or trusted.';
  ELSIF g.valid_until <= g.valid_from THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'valid_until is not after valid_from',
      HINT = 'Choose a later valid_until or an earlier valid_from.';
  ELSIF g.lifetime_s NOT BETWEEN 60 AND 315360000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'lifetime_s is out of bounds',
      HINT = 'Choose 60 (a minute) to 315360000 (ten years).';
  ELSIF g.unused_life_s NOT BETWEEN 60 AND 2592000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'unused_life_s is out of bounds',
      HINT = 'Choose 60 (a minute) to 2592000 (thirty days).';
  ELSIF g.renewal_grace_days NOT BETWEEN 0 AND 3650 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'renewal_grace_days is out of bounds',
      HINT = 'Choose 0 to 3650.';
  ELSIF g.credentials_per_hour NOT BETWEEN 1 AND 1000000 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'credentials_per_hour is out of bounds',
      HINT = 'Choose 1 to 1000000.';
  END IF;
  PERFORM check_pattern(g.device_id_pattern);
END $$;
COMMENT ON FUNCTION check_policy(enrollment_group) IS
  'Internal: raises an error if a group cannot have this policy.';
