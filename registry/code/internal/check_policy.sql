CREATE OR REPLACE FUNCTION check_policy(g enrollment_group) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF g.admission IS NULL OR g.admission NOT IN ('automatic', 'allow_list', 'approval') THEN
    PERFORM refuse('22023', format('%L is no admission', g.admission),
      'automatic, allow_list or approval.');
  ELSIF g.reprovisioning IS NULL OR g.reprovisioning NOT IN ('rotate', 'deny') THEN
    PERFORM refuse('22023', format('%L is no reprovisioning', g.reprovisioning), 'rotate or deny.');
  ELSIF g.credential_types IS NULL OR g.credential_types = '{}'
    OR NOT g.credential_types <@ '{x509,password}' THEN
    PERFORM refuse('22023', format('%L are no credential types', g.credential_types),
      '{x509}, {password} or {x509,password}.');
  ELSIF g.valid_until <= g.valid_from THEN
    PERFORM refuse('22023', 'valid_until is not after valid_from', 'Swap them.');
  ELSIF g.lifetime_s NOT BETWEEN 60 AND 315360000 THEN
    PERFORM refuse('22023', 'lifetime_s is out of bounds',
      'From 60 (a minute) to 315360000 (ten years).');
  ELSIF g.unused_life_s NOT BETWEEN 60 AND 2592000 THEN
    PERFORM refuse('22023', 'unused_life_s is out of bounds',
      'From 60 (a minute) to 2592000 (thirty days).');
  ELSIF g.renewal_grace_days NOT BETWEEN 0 AND 3650 THEN
    PERFORM refuse('22023', 'renewal_grace_days is out of bounds', 'From 0 to 3650.');
  ELSIF g.credentials_per_hour NOT BETWEEN 1 AND 1000000 THEN
    PERFORM refuse('22023', 'credentials_per_hour is out of bounds', 'From 1 to 1000000.');
  END IF;
  PERFORM check_pattern(g.device_id_pattern);
END $$;
COMMENT ON FUNCTION check_policy(enrollment_group) IS
  'Internal: refuses what no group can have as its policy.';
