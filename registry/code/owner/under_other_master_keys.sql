CREATE OR REPLACE FUNCTION under_other_master_keys(master_key bytea, OUT keys bigint,
  OUT passwords bigint) LANGUAGE sql STABLE AS $$
  SELECT (SELECT count(*) FROM enrollment e WHERE e.proof = 'symmetric_key'
    AND NOT is_sealed_under(e.material, master_key))
      + (SELECT count(*) FROM enrollment_group g
        CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
         WHERE g.proof = 'symmetric_key' AND NOT is_sealed_under(m.sealed, master_key)),
    (SELECT count(*) FROM credential c WHERE c.type = 'password'
      AND c.master_key <> under_other_master_keys.master_key AND is_live(c, now()))
$$;
COMMENT ON FUNCTION under_other_master_keys(bytea) IS
  'For latchkey db reseal: counts the keys that are sealed, and the live passwords that are '
  'derived, under another master key.';
