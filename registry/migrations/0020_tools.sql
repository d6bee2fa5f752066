-- migrate:up
-- What commands of latchkey call for operators, and nobody by hand.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

CREATE FUNCTION explain_request(
  device_id text, group_name text DEFAULT NULL, token_hash bytea DEFAULT NULL,
  OUT facts request_facts, OUT quota_used bigint, OUT quota_max bigint, OUT is_counted boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_variable
DECLARE named text := coalesce(group_name, (SELECT d.group_name FROM device d WHERE d.device_id = device_id AND d.enrolled_by LIKE 'group:%'));
BEGIN
  SELECT * INTO facts FROM load_requests(jsonb_build_array(
    jsonb_build_object('i', 0, 'device_id', device_id, 'group_name', named, 'token_hash', token_hash)));
  -- Sealed or hashed, and still nothing that an operator's login is shown.
  facts.material := NULL;
  facts.secondary_material := NULL;
  -- A token counts for itself and for its group: the one that refuses is told.
  SELECT q.used, q.max, c.counted INTO quota_used, quota_max, is_counted
    FROM quota q CROSS JOIN LATERAL (SELECT EXISTS (
      SELECT FROM device d JOIN quota o ON o.name = d.quota WHERE d.device_id = device_id AND q.name IN (o.name, o.parent)) AS counted) c
    WHERE q.name IN (SELECT unnest(ARRAY[t.name, t.parent]) FROM quota t WHERE t.name = facts.quota)
    ORDER BY c.counted OR q.used < q.max, q.name = facts.quota DESC LIMIT 1;
END $$;
COMMENT ON FUNCTION explain_request(text, text, bytea) IS
  'latchkey explain: all that would decide a request of the device now. group_name: the group that its proof is of, else the one that registered it; token_hash: its token''s SHA-256.';

GRANT EXECUTE ON FUNCTION explain_request(text, text, bytea) TO latchkey_ops;

-- Resealing: for the owner alone, whose command has the master keys. A sealed key begins with a version and the id of its master key.
CREATE FUNCTION is_sealed_under(sealed bytea, master_key bytea) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN substring(sealed FROM 2 FOR 8) = master_key;
COMMENT ON FUNCTION is_sealed_under(bytea, bytea) IS 'Internal: whether a sealed key names this master key.';

CREATE FUNCTION sealed_keys(master_key bytea, after text, at_most int) RETURNS TABLE (purpose text, sealed bytea)
LANGUAGE plpgsql STABLE SET search_path = registry, pg_temp AS $$
DECLARE
  -- Devices come first: 'device:' sorts before 'group:'.
  after_device text := CASE WHEN after NOT LIKE 'group:%' THEN substring(after FROM 8) END;
  after_group text := CASE WHEN after LIKE 'group:%' THEN substring(after FROM 7) ELSE '' END;
BEGIN
  RETURN QUERY SELECT k.purpose, k.sealed FROM (
    (SELECT 'device:' || e.device_id AS purpose, e.material AS sealed FROM enrollment e
      WHERE e.proof = 'symmetric_key' AND e.device_id > after_device AND NOT is_sealed_under(e.material, master_key) ORDER BY e.device_id LIMIT at_most)
    UNION ALL
    (SELECT 'group:' || g.name, m.sealed FROM enrollment_group g CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
      WHERE g.proof = 'symmetric_key' AND g.name > after_group AND NOT is_sealed_under(m.sealed, master_key))) k
    ORDER BY k.purpose COLLATE "C" FETCH FIRST at_most ROWS WITH TIES;
END $$;
COMMENT ON FUNCTION sealed_keys(bytea, text, int) IS 'latchkey db reseal: keys that are sealed under another master key, in the order of their purposes; both keys of a group have one.';

CREATE FUNCTION reseal(p jsonb) RETURNS bigint LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
DECLARE
  done bigint := 0;
  n bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('latchkey reseal'));
  -- What was replaced since it was read stays as it is.
  UPDATE enrollment e SET material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'device:%' AND e.device_id = substring(r.purpose FROM 8) AND e.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7) AND g.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET secondary_material = r.resealed FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7) AND g.secondary_material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  IF done > 0 THEN
    INSERT INTO event (action, reason) VALUES ('reseal', done || ' keys');
  END IF;
  RETURN done;
END $$;
COMMENT ON FUNCTION reseal(jsonb) IS 'latchkey db reseal: puts keys that were sealed anew in the place of the old ones; returns how many it found.';

CREATE FUNCTION under_other_master_keys(master_key bytea, OUT keys bigint, OUT passwords bigint) LANGUAGE sql STABLE SET search_path = registry, pg_temp AS $$
  SELECT (SELECT count(*) FROM enrollment e WHERE e.proof = 'symmetric_key' AND NOT is_sealed_under(e.material, master_key))
      + (SELECT count(*) FROM enrollment_group g CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
         WHERE g.proof = 'symmetric_key' AND NOT is_sealed_under(m.sealed, master_key)),
    (SELECT count(*) FROM credential c WHERE c.type = 'password' AND c.master_key <> under_other_master_keys.master_key AND is_live(c, now()))
$$;
COMMENT ON FUNCTION under_other_master_keys(bytea) IS 'latchkey db reseal: how many keys are sealed, and how many live passwords derived, under another master key than this.';
