CREATE OR REPLACE FUNCTION load_broker_access()
RETURNS TABLE (kind text, device_id text, generation bigint, salt bytea, master_key bytea,
  changed_at bigint, applied boolean)
LANGUAGE sql STABLE AS $$
  SELECT kind, device_id, generation, salt, master_key, changed_at, applied
  FROM load_broker_access_2()
$$;
COMMENT ON FUNCTION load_broker_access() IS
  'Service of the version before: load_broker_access_2 without rights.';
