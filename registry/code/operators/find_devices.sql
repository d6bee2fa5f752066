-- The view devices is two tables in one, and PostgreSQL sorts it whole before it takes the first
-- rows. Here each table gives its first rows by its own indexes, and enrolments only up to the last
-- device of a full page: where hardly any enrolment lacks a device, to look for one more would read
-- all. A statement of its own for each set of filters, so that its plan fits: PostgreSQL would join
-- whole tables, start parallel workers or compile the plan: longer than it takes to find a page.
CREATE OR REPLACE FUNCTION find_devices(filter jsonb, after text DEFAULT '',
  most bigint DEFAULT 100) RETURNS SETOF text LANGUAGE plpgsql STABLE
  SET enable_hashjoin = off SET enable_mergejoin = off
  SET max_parallel_workers_per_gather = 0 SET jit = off AS $$
DECLARE
  known constant text[] := '{states,group,labels,attributes,not_seen,online,id}';
  unknown text;
  states text[] := array(SELECT jsonb_array_elements_text(filter -> 'states'));
  of_both text := '';
  of_device text := '';
  of_enrolment text := '';
  also text := '';
  seen text := '';
  found text[];
  until constant timestamptz := now() - (filter ->> 'not_seen')::interval;
BEGIN
  SELECT string_agg(key, ', ') INTO unknown FROM jsonb_object_keys(filter) key
    WHERE key <> ALL (known);
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('there is no filter %s', unknown),
      HINT = format('The filters are %s.', array_to_string(known, ', '));
  END IF;
  IF filter ? 'states' THEN
    of_device := format(' AND state = ANY (%L)', states);
    of_enrolment := format(' AND ''off'' = ANY (%L::text[])', states);
  END IF;
  IF filter ? 'group' THEN
    of_both := format(' AND group_name = %L', filter ->> 'group');
  END IF;
  IF filter ? 'labels' THEN
    also := ' JOIN device_label l USING (device_id)';
    of_both := of_both || format(' AND labels @> %L', filter -> 'labels');
  END IF;
  IF filter ? 'attributes' THEN
    of_device := of_device || format(' AND (attributes @> %1$L OR reported @> %1$L '
      'AND reported <> ''{}'')', filter -> 'attributes');
    of_enrolment := of_enrolment || ' AND false';
  END IF;
  IF filter ? 'not_seen' THEN
    seen := ' JOIN presence r USING (device_id)';
    -- By the index on the day, since one on last_seen_at would be written at each status. With less
    -- than a day this may read all of presence.
    of_device := of_device || format(' AND last_seen_at < %1$L AND (seen_on IS NULL '
      'OR seen_on <= %2$L)', until, (until AT TIME ZONE 'UTC')::date);
    PERFORM set_config('max_parallel_workers_per_gather', '2', true);
    of_enrolment := of_enrolment || ' AND false';
  END IF;
  IF filter ? 'online' THEN
    seen := ' JOIN presence r USING (device_id)';
    of_device := of_device || CASE WHEN (filter -> 'online')::boolean
      THEN format(' AND online AND last_seen_at >= %L', presence_trusted_since())
      ELSE ' AND NOT online' END;
    of_enrolment := of_enrolment || ' AND false';
  END IF;
  IF filter ? 'id' THEN
    -- No id has a character after z.
    of_both := of_both || format(' AND device_id BETWEEN %1$L AND %1$L || ''~''', filter ->> 'id');
  END IF;
  EXECUTE format('SELECT array(SELECT device_id::text FROM device d%s WHERE device_id > $1%s '
    'ORDER BY device_id LIMIT $2)', also || seen, of_both || of_device)
    INTO found USING after, most;
  IF cardinality(found) = most THEN
    of_enrolment := of_enrolment || format(' AND device_id <= %L', found[most]);
  END IF;
  -- To look for enrolments without a device, side by side in the order of ids.
  PERFORM set_config('enable_mergejoin', 'on', true);
  RETURN QUERY EXECUTE format('SELECT id FROM (SELECT unnest($3) AS id UNION ALL '
    '(SELECT device_id::text FROM enrollment e%s WHERE device_id > $1%s AND NOT EXISTS '
      '(SELECT FROM device d WHERE d.device_id = e.device_id) ORDER BY device_id LIMIT $2)) x '
    'ORDER BY id COLLATE "C" LIMIT $2', also, of_both || of_enrolment) USING after, most, found;
END $$;
COMMENT ON FUNCTION find_devices(jsonb, text, bigint) IS
  'Returns the ids of devices, in their order, that match all filters: states (an array), group, '
  'labels, attributes (objects), not_seen (an interval), online (true or false, of devices whose '
  'presence is known) and id (how it begins). after: begins after this id.';
