CREATE OR REPLACE FUNCTION load_gate_access(p jsonb)
RETURNS TABLE (kind text, device_id text, version bigint, until_s bigint, generation bigint,
  salt bytea, password_hash bytea, serial bytea, changed_at bigint, untold boolean,
  group_name text, rights text)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  ids text[] := array(
    SELECT jsonb_array_elements_text(p -> 'ids')
    UNION (SELECT a.device_id FROM access_entry a WHERE a.untold > 0
      ORDER BY a.untold DESC, a.version LIMIT coalesce((p ->> 'untold')::int, 0))
    UNION (SELECT e.device_id FROM rights_entry e WHERE e.untold
      ORDER BY e.version LIMIT coalesce((p ->> 'untold')::int, 0))
    UNION (SELECT n.device_id FROM (
        (SELECT a.device_id FROM access_entry a WHERE a.device_id > p ->> 'after'
          ORDER BY a.device_id LIMIT coalesce((p ->> 'page')::int, 0))
        UNION (SELECT e.device_id FROM rights_entry e WHERE e.device_id > p ->> 'after'
          ORDER BY e.device_id LIMIT coalesce((p ->> 'page')::int, 0))) n
      ORDER BY n.device_id LIMIT coalesce((p ->> 'page')::int, 0)));
BEGIN
  RETURN QUERY SELECT 'epoch', NULL::text, s.access_epoch, NULL::bigint, NULL::bigint, NULL::bytea,
    NULL::bytea, NULL::bytea, NULL::bigint, NULL::boolean, NULL::text, NULL::text FROM setting s;
  -- Sets before the devices that have them.
  IF p ->> 'after' = '' THEN
    RETURN QUERY SELECT 'set', NULL::text, s.version, NULL::bigint, NULL::bigint, NULL::bytea,
      NULL::bytea, NULL::bytea, NULL::bigint, s.untold, s.group_name, s.rights::text
      FROM rights_set s ORDER BY s.group_name;
  ELSE
    RETURN QUERY SELECT 'set', NULL::text, s.version, NULL::bigint, NULL::bigint, NULL::bytea,
      NULL::bytea, NULL::bytea, NULL::bigint, s.untold, s.group_name, s.rights::text
      FROM rights_set s WHERE s.untold AND s.group_name = ANY (array(
        (SELECT n.group_name FROM rights_set n WHERE n.untold
          ORDER BY n.group_name LIMIT coalesce((p ->> 'untold')::int, 0))
        UNION SELECT e.group_name FROM rights_entry e WHERE e.device_id = ANY (ids)))
      ORDER BY s.group_name;
  END IF;
  RETURN QUERY SELECT * FROM (
    SELECT a.*, NULL::text, NULL::text FROM gate_access_of(ids) a
    UNION ALL SELECT 'rights', e.device_id, e.version, NULL, NULL, NULL, NULL, NULL, NULL, e.untold,
      e.group_name, NULL FROM rights_entry e WHERE e.device_id = ANY (ids)) r
    ORDER BY 2, 1, 5;
END $$;
COMMENT ON FUNCTION load_gate_access(jsonb) IS
  'Service: what the broker''s gate must know. A row epoch; a row set for each of some sets of '
  'rights that it has not been told yet, those of the devices among them, or for all sets if after '
  'is empty; and, for the devices in ids, for '
  'some untold devices, and for a page of all devices, which begins after the id in after, the '
  'rows of gate_access_of and a row rights.';
