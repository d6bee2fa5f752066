-- migrate:up
-- What the service shows of the fleet: it reads no table, so each is a function that runs as its owner. All but the
-- counts look at a bounded number of rows.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE FUNCTION count_devices() RETURNS TABLE (state text, devices bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp
AS $$ SELECT state, count(*) FROM devices GROUP BY state $$;
COMMENT ON FUNCTION count_devices() IS 'Service: how many devices there are in each state, for its metrics.';

-- In PL/pgSQL, because 0008 makes what it reads: days that are summed up there are not counted again.
CREATE FUNCTION page_funnel() RETURNS TABLE (day date, requested bigint, registered bigint, connected bigint, ready bigint, counted_at bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_column
DECLARE
  today date := now() AT TIME ZONE 'UTC';
  counted_from date := greatest(today - 29, (SELECT max(s.day) + 1 FROM funnel_summary s));
  counted timestamptz := CASE WHEN counts_live() THEN now() ELSE coalesce((SELECT min(s.counted_at) FROM fleet_summary s), now()) END;
BEGIN
  RETURN QUERY
    SELECT d.day, coalesce(f.requested, 0), coalesce(f.registered, 0), coalesce(f.connected, 0), coalesce(f.ready, 0), micros(counted)
    FROM (SELECT today - n AS day FROM generate_series(0, 29) n) d LEFT JOIN (
      SELECT s.day, s.requested, s.registered, s.connected, s.ready FROM funnel_summary s WHERE s.day > today - 30
      UNION ALL
      SELECT (v.requested_at AT TIME ZONE 'UTC')::date, count(*), count(v.registered_at), count(v.connected_at), count(v.ready_at)
      FROM device v WHERE v.requested_at >= counted_from::timestamp AT TIME ZONE 'UTC' GROUP BY 1) f ON f.day = d.day ORDER BY d.day;
END $$;
COMMENT ON FUNCTION page_funnel() IS 'Service: of the devices that first asked on each of the last 30 days (UTC), how many registered, connected and became ready; and when the fleet was counted, which a large one is hourly.';

CREATE FUNCTION page_rejections() RETURNS TABLE (at bigint, device_id text, group_name text, code text, reason text, tracking_id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT micros(received_at), device_id::text, group_name, code, reason, tracking_id::text
  FROM attempt WHERE decision = 'rejected' AND received_at > now() - interval '7 days' ORDER BY received_at DESC LIMIT 20
$$;
COMMENT ON FUNCTION page_rejections() IS 'Service: the last 20 rejections of seven days, with the true reason.';

CREATE FUNCTION page_pending() RETURNS TABLE (at bigint, device_id text, group_name text, attributes text, total bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT micros(waiting_since), device_id::text, group_name::text, attributes::text,
         (SELECT count(*) FROM (SELECT FROM device WHERE waiting_digest IS NOT NULL AND state = 'provisioning_requested' LIMIT 1000) w)
  FROM device WHERE waiting_digest IS NOT NULL AND state = 'provisioning_requested' ORDER BY waiting_since LIMIT 20
$$;
COMMENT ON FUNCTION page_pending() IS 'Service: the 20 devices that wait longest for an operator, and how many wait (1000: that many or more).';

CREATE FUNCTION page_expiring() RETURNS TABLE (at bigint, device_id text, generation bigint, type text, state text, online boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT micros(c.not_after), c.device_id, c.generation, c.type, d.state, coalesce(r.online, false)
  -- Most that end soon were renewed long ago, so only a stretch of the index is looked at.
  FROM (SELECT * FROM (SELECT * FROM credential WHERE not_after BETWEEN now() AND now() + interval '30 days' AND erased_at IS NULL
                       ORDER BY not_after LIMIT 20000) n
        WHERE n.status = 'active' AND n.not_after - now() < (n.not_after - n.not_before) / 3 ORDER BY n.not_after LIMIT 20) c
    JOIN device d USING (device_id) LEFT JOIN presence r USING (device_id) ORDER BY c.not_after
$$;
COMMENT ON FUNCTION page_expiring() IS 'Service: the 20 credentials in use that end next, within 30 days, and should have been renewed: less than a third of their life is left. Looks at the 20,000 that end next.';

CREATE FUNCTION page_device(p jsonb) RETURNS TABLE (
  state text, online boolean, generation bigint, group_name text, enrolled_by text, attributes text, config_version bigint, applied_config_version bigint,
  requested_at bigint, registered_at bigint, credentials_sent_at bigint, connected_at bigint, ready_at bigint, last_seen_at bigint, failed_at bigint,
  failure text, acted_at bigint, actor text, reason text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT state, coalesce(online, false), generation, group_name, enrolled_by, attributes::text, config_version, applied_config_version,
         micros(requested_at), micros(registered_at), micros(credentials_sent_at), micros(connected_at), micros(ready_at), micros(last_seen_at),
         micros(failed_at), failure, micros(acted_at), actor, reason
  FROM devices WHERE device_id = p->>'device_id' LIMIT 1
$$;
COMMENT ON FUNCTION page_device(jsonb) IS 'Service: one device, as the view devices has it.';

CREATE FUNCTION page_history(p jsonb) RETURNS TABLE (at bigint, kind text, what text, code text, detail text, actor text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
  SELECT micros(h.at), kind, what, code, detail, actor FROM (
    (SELECT received_at AS at, 'request' AS kind, decision AS what, code, reason AS detail, tracking_id::text AS actor
       FROM attempt WHERE device_id = p->>'device_id' ORDER BY received_at DESC LIMIT 50)
    UNION ALL
    (SELECT at, CASE WHEN action IN ('state', 'credential') THEN action ELSE 'act' END,
            CASE action WHEN 'state' THEN new_state WHEN 'credential' THEN 'generation ' || generation ELSE action END,
            CASE action WHEN 'state' THEN old_state END, reason, actor
       FROM event WHERE device_id = p->>'device_id' ORDER BY at DESC LIMIT 50)
  ) h ORDER BY h.at DESC, kind LIMIT 60
$$;
COMMENT ON FUNCTION page_history(jsonb) IS 'Service: the last 60 things that happened to one device: its requests with their true reasons, changes of state, new credentials, acts of operators.';

REVOKE EXECUTE ON FUNCTION count_devices(), page_funnel(), page_rejections(), page_pending(), page_expiring(), page_device(jsonb), page_history(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_devices(), page_funnel(), page_rejections(), page_pending(), page_expiring(), page_device(jsonb), page_history(jsonb)
  TO latchkey_service;
