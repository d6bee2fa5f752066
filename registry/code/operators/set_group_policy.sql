-- The policy is one JSON object and not a list of arguments: a member that is missing keeps its
-- value, and null sets it to none or the default.
CREATE OR REPLACE FUNCTION set_group_policy(INOUT name text, policy jsonb,
  reason text DEFAULT NULL, OUT old_policy jsonb, OUT new_policy jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
  known constant text[] := ARRAY['admission', 'reprovisioning', 'credential_types',
    'device_id_pattern', 'valid_from', 'valid_until', 'max_devices', 'lifetime_s', 'unused_life_s',
    'renewal_grace_days', 'revoke_retired', 'sealing', 'token_attributes',
    'credentials_per_hour'];
  unknown text;
  g enrollment_group;
BEGIN
  reason := checked_reason('set_group_policy', reason);
  IF policy IS NULL OR jsonb_typeof(policy) <> 'object' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'a policy is a JSON object',
      HINT = 'For example {"valid_until": null, "max_devices": 2000}.';
  END IF;
  SELECT string_agg(key, ', ') INTO unknown FROM jsonb_object_keys(policy) key
    WHERE key <> ALL (known);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('a policy has no member %s', unknown),
      HINT = format('Its members are %s.', array_to_string(known, ', '));
  END IF;
  SELECT * INTO g FROM enrollment_group e WHERE e.name = name FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION USING ERRCODE = 'P0002',
      MESSAGE = format('there is no group %s', name),
      HINT = 'Names are case-sensitive. SELECT name FROM registry.groups lists the groups.';
  END IF;
  old_policy := policy_of(g, policy);
  BEGIN
    g := jsonb_populate_record(g, policy - 'max_devices');
  EXCEPTION WHEN data_exception THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = SQLERRM,
      HINT = 'Each member has the type that enroll_group takes; credential_types is a list.';
  END;
  g := with_defaults(g);
  PERFORM check_policy(g);
  UPDATE enrollment_group e SET admission = g.admission, reprovisioning = g.reprovisioning,
    credential_types = g.credential_types,
      device_id_pattern = g.device_id_pattern, valid_from = g.valid_from,
      valid_until = g.valid_until, lifetime_s = g.lifetime_s,
      unused_life_s = g.unused_life_s, renewal_grace_days = g.renewal_grace_days,
      revoke_retired = g.revoke_retired, sealing = g.sealing,
      token_attributes = g.token_attributes,
      credentials_per_hour = g.credentials_per_hour
    WHERE e.name = name;
  IF policy ? 'max_devices' THEN PERFORM set_max_devices(g, policy -> 'max_devices'); END IF;
  IF old_policy ->> 'sealing' <> g.sealing THEN
    -- The service finds out which devices can no longer get their configuration.
    UPDATE enrollment_group e SET config_changes = e.config_changes + 1 WHERE e.name = name;
    PERFORM spread_config_change(name);
  END IF;
  SELECT policy_of(e, policy) INTO new_policy FROM enrollment_group e WHERE e.name = name;
  IF g.revoke_retired AND (old_policy ->> 'revoke_retired') = 'false' THEN
    PERFORM note_access(array(SELECT d.device_id FROM device d WHERE d.group_name = name
      AND EXISTS (SELECT FROM credential c WHERE c.device_id = d.device_id AND c.type = 'x509'
        AND c.status = 'retired' AND c.not_after > now())), true);
    PERFORM pg_notify('latchkey', 'access');
  END IF;
  INSERT INTO event (group_name, action, reason) VALUES (name, 'set_group_policy',
    reason || ': ' || policy::text);
END $$;
COMMENT ON FUNCTION set_group_policy(text, jsonb, text) IS
  'Changes the members of a group''s policy that the JSON object names, for all requests from now '
  'on; they are called as in enroll_group and in the view groups. null: none, or the default.';
