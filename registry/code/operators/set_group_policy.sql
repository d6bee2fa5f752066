-- By an object and not by arguments: what is not named stays, and null means none or the default.
CREATE OR REPLACE FUNCTION set_group_policy(name text, policy jsonb, reason text DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  known constant text[] := ARRAY['admission', 'reprovisioning', 'credential_types',
    'device_id_pattern', 'valid_from', 'valid_until', 'max_devices', 'lifetime_s', 'unused_life_s',
    'renewal_grace_days', 'revoke_retired', 'seal_config', 'credentials_per_hour'];
  unknown text;
  g enrollment_group;
BEGIN
  IF policy IS NULL OR jsonb_typeof(policy) <> 'object' THEN
    PERFORM refuse('22023', 'a policy is a JSON object',
      'Such as {"valid_until": null, "max_devices": 2000}.');
  END IF;
  SELECT string_agg(key, ', ') INTO unknown FROM jsonb_object_keys(policy) key
    WHERE key <> ALL (known);
  IF unknown IS NOT NULL THEN
    PERFORM refuse('22023', format('a policy has no %s', unknown),
      format('It has %s.', array_to_string(known, ', ')));
  END IF;
  SELECT * INTO g FROM enrollment_group e WHERE e.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    PERFORM refuse('P0002', format('there is no group %s', name), 'Names are case-sensitive.');
  END IF;
  BEGIN
    g := jsonb_populate_record(g, policy - 'max_devices');
  EXCEPTION WHEN data_exception THEN
    PERFORM refuse('22023', SQLERRM,
      'Numbers, true or false, and texts as enroll_group takes them; credential_types is a list.');
  END;
  g := with_defaults(g);
  PERFORM check_policy(g);
  UPDATE enrollment_group e SET admission = g.admission, reprovisioning = g.reprovisioning,
    credential_types = g.credential_types,
      device_id_pattern = g.device_id_pattern, valid_from = g.valid_from,
      valid_until = g.valid_until, lifetime_s = g.lifetime_s,
      unused_life_s = g.unused_life_s, renewal_grace_days = g.renewal_grace_days,
      revoke_retired = g.revoke_retired, seal_config = g.seal_config,
      credentials_per_hour = g.credentials_per_hour
    WHERE e.name = name;
  IF policy ? 'max_devices' THEN PERFORM set_max_devices(g, policy -> 'max_devices'); END IF;
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_policy',
    coalesce(reason || ': ', '') || policy::text);
END $$;
COMMENT ON FUNCTION set_group_policy(text, jsonb, text) IS
  'Changes what a group lets in and gives out, for the requests from now on: what the JSON object '
  'names, as enroll_group and the view groups call it. null: none, or the default.';
