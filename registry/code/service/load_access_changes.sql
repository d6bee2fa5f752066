-- Nothing is missed whatever transactions are open: a row counts as known only if the snapshot
-- `since` saw the transaction that wrote it. A transaction that this server has not begun yet is
-- one of another server, from which the data was restored: the first walk has read its rows.
CREATE OR REPLACE FUNCTION load_access_changes(p jsonb)
RETURNS TABLE (kind text, device_id text, version bigint, until_s bigint, generation bigint,
  salt bytea, password_hash bytea, serial bytea, changed_at bigint, untold boolean,
  group_name text, rights text, snapshot text)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  present pg_snapshot := pg_current_snapshot();
  since pg_snapshot := (p ->> 'since')::pg_snapshot;
  walks boolean := since IS NULL;
  low xid8 := coalesce((p ->> 'after_change')::xid8, pg_snapshot_xmin(since), '0'::xid8);
  most int := (p ->> 'page')::int;
  ids text[];
  changes xid8[];
BEGIN
  RETURN QUERY SELECT 'epoch', NULL::text, s.access_epoch, NULL::bigint, NULL::bigint, NULL::bytea,
    NULL::bytea, NULL::bytea, NULL::bigint,
    pg_snapshot_xmax(present) < pg_snapshot_xmax(since), NULL::text, NULL::text, present::text
    FROM setting s;
  SELECT array_agg(n.device_id ORDER BY n.changed_in, n.device_id),
    array_agg(n.changed_in ORDER BY n.changed_in, n.device_id) INTO ids, changes FROM (
    SELECT * FROM (
      (SELECT a.changed_in, a.device_id FROM access_entry a
        WHERE (a.changed_in, a.device_id) > (low, p ->> 'after_id')
          AND (walks OR a.changed_in < pg_snapshot_xmax(present)
            AND NOT pg_visible_in_snapshot(a.changed_in, since))
        ORDER BY a.changed_in, a.device_id LIMIT most)
      UNION (SELECT e.changed_in, e.device_id FROM rights_entry e
        WHERE (e.changed_in, e.device_id) > (low, p ->> 'after_id')
          AND (walks OR e.changed_in < pg_snapshot_xmax(present)
            AND NOT pg_visible_in_snapshot(e.changed_in, since))
        ORDER BY e.changed_in, e.device_id LIMIT most)) c
    ORDER BY c.changed_in, c.device_id LIMIT most) n;
  IF cardinality(ids) >= most THEN
    RETURN QUERY SELECT 'more', ids[most], NULL::bigint, NULL::bigint, NULL::bigint, NULL::bytea,
      NULL::bytea, NULL::bytea, NULL::bigint, NULL::boolean, NULL::text, NULL::text,
      changes[most]::text;
  END IF;
  -- What no service has recorded as applied, and was left out last time because it was locked.
  ids := array(SELECT unnest(ids)
    UNION (SELECT a.device_id FROM access_entry a WHERE a.untold > 0
      ORDER BY a.untold DESC, a.version LIMIT most)
    UNION (SELECT e.device_id FROM rights_entry e WHERE e.untold ORDER BY e.version LIMIT most));
  RETURN QUERY SELECT 'set', NULL::text, s.version, NULL::bigint, NULL::bigint, NULL::bytea,
    NULL::bytea, NULL::bytea, NULL::bigint, s.untold, s.group_name, s.rights::text, NULL::text
    FROM rights_set s WHERE s.group_name = ANY (array(
      (SELECT n.group_name FROM rights_set n WHERE n.untold ORDER BY n.group_name LIMIT most)
      UNION SELECT n.group_name FROM rights_set n WHERE n.changed_in >= low AND (walks
        OR n.changed_in < pg_snapshot_xmax(present)
          AND NOT pg_visible_in_snapshot(n.changed_in, since))));
  -- Denied for ever: a broker that asks may have the device's session open when its certificate
  -- ends. The year is 9999.
  RETURN QUERY SELECT r.*, NULL::text FROM (
    SELECT a.kind, a.device_id, a.version,
      CASE WHEN a.kind = 'device' AND (a.until_s > 0 OR is_denied(a.device_id))
        THEN 253402300799 ELSE a.until_s END,
      a.generation, a.salt, a.password_hash, a.serial, a.changed_at, a.untold,
      NULL::text, NULL::text FROM gate_access_of(ids) a
    UNION ALL SELECT 'rights', e.device_id, e.version, NULL, NULL, NULL, NULL, NULL, NULL, e.untold,
      e.group_name, NULL FROM rights_entry e WHERE e.device_id = ANY (ids)) r
    ORDER BY 2, 1, 5;
END $$;
COMMENT ON FUNCTION load_access_changes(jsonb) IS
  'Service: what a broker that asks over HTTP must know and the snapshot since does not have, or '
  'all if since is null: a row epoch with the snapshot of now, untold if since is of another '
  'server; a row more if the page is full, after which the next page begins (after_change, '
  'after_id); the rest as in load_gate_access, but a denied device is denied for ever. What is '
  'untold comes with each page.';
