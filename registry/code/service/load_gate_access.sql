CREATE OR REPLACE FUNCTION load_gate_access(p jsonb)
RETURNS TABLE (kind text, device_id text, version bigint, until_s bigint, generation bigint,
  salt bytea, password_hash bytea, serial bytea, changed_at bigint, untold boolean)
LANGUAGE plpgsql STABLE SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
  ids text[] := array(
    SELECT jsonb_array_elements_text(p -> 'ids')
    UNION (SELECT a.device_id FROM access_entry a WHERE a.untold > 0
      ORDER BY a.untold DESC, a.version LIMIT coalesce((p ->> 'untold')::int, 0))
    UNION (SELECT a.device_id FROM access_entry a WHERE a.device_id > p ->> 'after'
      ORDER BY a.device_id LIMIT coalesce((p ->> 'page')::int, 0)));
BEGIN
  RETURN QUERY SELECT 'epoch', NULL::text, s.access_epoch, NULL::bigint, NULL::bigint, NULL::bytea,
    NULL::bytea, NULL::bytea, NULL::bigint, NULL::boolean FROM setting s;
  RETURN QUERY SELECT * FROM gate_access_of(ids);
END $$;
COMMENT ON FUNCTION load_gate_access(jsonb) IS
  'Service: what the broker''s gate must know: a row epoch, and the rows of gate_access_of for the '
  'devices in ids, for at most untold devices that it has not been told yet, and for a page of all '
  'devices, which begins after the id in after.';
