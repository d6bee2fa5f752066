CREATE OR REPLACE FUNCTION page_device_2(p jsonb) RETURNS TABLE (
  state text, online boolean, generation bigint, group_name text, enrolled_by text,
  attributes text, config_version bigint, applied_config_version bigint,
  requested_at bigint, registered_at bigint, credentials_sent_at bigint, connected_at bigint,
  ready_at bigint, last_seen_at bigint, failed_at bigint,
  failure text, acted_at bigint, actor text, reason text, reported text,
  publish text, subscribe text, rights_source text, labels text)
LANGUAGE sql STABLE AS $$
  SELECT state, coalesce(online, false), generation, group_name, enrolled_by, attributes::text,
    config_version, applied_config_version,
         micros(requested_at), micros(registered_at), micros(credentials_sent_at),
         micros(connected_at), micros(ready_at), micros(last_seen_at),
         micros(failed_at), failure, micros(acted_at), actor, reason, reported::text,
         array_to_string(r.publish, ' '), array_to_string(r.subscribe, ' '), r.source,
         labels::text
  FROM devices d LEFT JOIN LATERAL (SELECT v.publish, v.subscribe, v.source FROM rights v
    WHERE v.device_id = p->>'device_id' LIMIT 1) r ON true
  WHERE d.device_id = p->>'device_id' LIMIT 1
$$;
COMMENT ON FUNCTION page_device_2(jsonb) IS
  'Service: returns one device, as in the views devices and rights.';
