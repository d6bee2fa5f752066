-- migrate:up
-- What commands of latchkey call for operators, and nobody by hand.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE FUNCTION explain_request(
  device_id text, group_name text DEFAULT NULL,
  OUT facts request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE named text := coalesce(group_name, (SELECT d.group_name FROM device d WHERE d.device_id = device_id AND d.enrolled_by LIKE 'group:%'));
BEGIN
  SELECT * INTO facts FROM load_requests(jsonb_build_array(jsonb_build_object('i', 0, 'device_id', device_id, 'group_name', named)));
  -- Sealed or hashed, and still nothing that an operator's login is shown.
  facts.material := NULL;
  facts.secondary_material := NULL;
  SELECT q.used, q.max, EXISTS (SELECT FROM device d WHERE d.device_id = device_id AND d.quota = q.name) INTO quota_used, quota_max, is_counted
    FROM quota q WHERE q.name = facts.quota;
END $$;
COMMENT ON FUNCTION explain_request(text, text) IS
  'latchkey explain: all that would decide a request of the device now. group_name: the group that its proof is of; else the one that registered it.';

GRANT EXECUTE ON FUNCTION explain_request(text, text) TO latchkey_ops;
