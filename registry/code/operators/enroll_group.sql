CREATE OR REPLACE FUNCTION enroll_group(
  INOUT name text, INOUT proof text, material bytea, INOUT max_devices bigint DEFAULT NULL,
  device_id_pattern text DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL,
  lifetime_s bigint DEFAULT NULL, config jsonb DEFAULT '{}',
  INOUT admission text DEFAULT 'automatic', reprovisioning text DEFAULT 'rotate',
  credential_types text[] DEFAULT '{x509}', id_from text DEFAULT NULL,
  unused_life_s bigint DEFAULT NULL, renewal_grace_days int DEFAULT NULL,
  revoke_retired boolean DEFAULT false, sealing text DEFAULT 'possible',
  token_attributes text DEFAULT 'reported')
LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE g enrollment_group;
BEGIN
  IF name IS NULL OR name !~ '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no group name', coalesce(to_json(left(name, 100))::text, 'NULL')),
      HINT = 'A group name has 1 to 64 letters, digits and ._:- and begins with a letter or digit.';
  ELSIF proof IS NULL OR NOT proof = ANY (proofs(true)) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is no proof for a group', proof),
      HINT = format('Choose one of %s.', array_to_string(proofs(true), ', '));
  ELSIF max_devices < 0 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'max_devices is negative',
      HINT = 'Leave max_devices out for no limit.';
  ELSIF proof <> 'x509' AND id_from IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'id_from is for groups whose proof is x509',
      HINT = 'Leave id_from out.';
  ELSIF id_from NOT IN ('common_name', 'dns_name', 'uri', 'serial_number') THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%L is no id_from', id_from),
      HINT = 'Choose common_name, dns_name, uri or serial_number.';
  END IF;
  IF proof = 'token' AND material IS NULL THEN
    -- The hash of a token that nobody knows. create_token makes the tokens of this group.
    material := sha256(convert_to(random_token(), 'UTF8'));
  END IF;
  PERFORM check_material(proof, material);
  PERFORM check_config(config);
  g.admission := admission;
  g.reprovisioning := reprovisioning;
  g.credential_types := credential_types;
  g.device_id_pattern := device_id_pattern;
  g.valid_from := valid_from;
  g.valid_until := valid_until;
  g.lifetime_s := lifetime_s;
  g.unused_life_s := unused_life_s;
  g.renewal_grace_days := renewal_grace_days;
  g.revoke_retired := revoke_retired;
  g.sealing := sealing;
  g.token_attributes := token_attributes;
  PERFORM check_policy(g);
  g := with_defaults(g);
  -- Whoever sets the fleet's rights works them out for the groups that are there: this group is
  -- there before, or its own rights are worked out after.
  PERFORM FROM fleet_config f FOR SHARE;
  IF max_devices IS NOT NULL THEN
    INSERT INTO quota (name, max) VALUES ('group:' || name, max_devices) ON CONFLICT DO NOTHING;
  END IF;
  BEGIN
    INSERT INTO enrollment_group (
        name, proof, material, id_from, admission, reprovisioning, credential_types, lifetime_s,
        unused_life_s, renewal_grace_days, revoke_retired, device_id_pattern, valid_from,
        valid_until, quota, config, sealing, token_attributes)
      VALUES (
        name, proof, material, CASE proof WHEN 'x509' THEN coalesce(id_from, 'common_name') END,
        g.admission, g.reprovisioning, g.credential_types, g.lifetime_s, g.unused_life_s,
        g.renewal_grace_days, g.revoke_retired, g.device_id_pattern, g.valid_from, g.valid_until,
        CASE WHEN max_devices IS NOT NULL THEN 'group:' || name END, config, g.sealing,
        g.token_attributes);
  EXCEPTION WHEN unique_violation THEN
    IF EXISTS (SELECT FROM enrollment_group e WHERE e.name = enroll_group.name) THEN
      RAISE EXCEPTION USING ERRCODE = '23505',
        MESSAGE = format('the group %s is enrolled already', name),
        HINT = 'Choose another name.';
    END IF;
    RAISE EXCEPTION USING ERRCODE = '23505',
      MESSAGE = 'another group has this token',
      HINT = 'Choose another token: a token names one group.';
  END;
  IF proof = 'x509' THEN PERFORM name_ca(name, material); END IF;
  IF EXISTS (SELECT FROM rights_set) THEN PERFORM spread_rights(name); END IF;
  INSERT INTO event (group_name, action) VALUES (name, 'enroll_group');
END $$;
COMMENT ON FUNCTION enroll_group IS
  'Enrols a group. material: its symmetric key, sealed (latchkey enroll group does that), its CA '
  'certificate (DER; pem reads PEM), or the SHA-256 of its token; NULL for a group whose tokens '
  'create_token makes.';
