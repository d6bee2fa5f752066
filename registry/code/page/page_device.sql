CREATE OR REPLACE FUNCTION page_device(p jsonb) RETURNS TABLE (
  state text, online boolean, generation bigint, group_name text, enrolled_by text,
  attributes text, config_version bigint, applied_config_version bigint,
  requested_at bigint, registered_at bigint, credentials_sent_at bigint, connected_at bigint,
  ready_at bigint, last_seen_at bigint, failed_at bigint,
  failure text, acted_at bigint, actor text, reason text)
LANGUAGE sql STABLE AS $$
  SELECT state, online, generation, group_name, enrolled_by, attributes, config_version,
    applied_config_version, requested_at, registered_at, credentials_sent_at, connected_at,
    ready_at, last_seen_at, failed_at, failure, acted_at, actor, reason
  FROM page_device_2(p)
$$;
COMMENT ON FUNCTION page_device(jsonb) IS
  'Service of the version before: page_device_2 with the columns that it knows.';
