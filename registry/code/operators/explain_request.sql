CREATE OR REPLACE FUNCTION explain_request(
  device_id text, group_name text DEFAULT NULL, token_hash bytea DEFAULT NULL,
  OUT facts request_facts_2, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_variable
DECLARE named text := coalesce(group_name,
  (SELECT d.group_name FROM device d WHERE d.device_id = device_id
  AND d.enrolled_by LIKE 'group:%'));
BEGIN
  SELECT * INTO facts FROM load_requests_2(jsonb_build_array(
    jsonb_build_object('i', 0, 'device_id', device_id, 'group_name', named, 'token_hash',
      token_hash)));
  -- Keys are sealed and tokens hashed here; an operator's login is not shown them all the same.
  facts.material := NULL;
  facts.secondary_material := NULL;
  -- A use of a token counts for the token and for its group. Returned is the one that is full.
  SELECT q.used, q.max, c.counted INTO quota_used, quota_max, is_counted
    FROM quota q CROSS JOIN LATERAL (SELECT EXISTS (
      SELECT FROM device d JOIN quota o ON o.name = d.quota WHERE d.device_id = device_id
        AND q.name IN (o.name, o.parent)) AS counted) c
    WHERE q.name IN (SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name = facts.quota)
    ORDER BY c.counted OR q.used < q.max, q.name = facts.quota DESC LIMIT 1;
END $$;
COMMENT ON FUNCTION explain_request(text, text, bytea) IS
  'For latchkey explain: everything that a request of this device would be decided by now. '
  'group_name: the group of its proof, else the group that registered it; token_hash: the SHA-256 '
  'of its token.';
