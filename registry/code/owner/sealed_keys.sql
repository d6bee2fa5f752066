CREATE OR REPLACE FUNCTION sealed_keys(master_key bytea, after text, at_most int)
  RETURNS TABLE (purpose text, sealed bytea)
LANGUAGE plpgsql STABLE AS $$
DECLARE
  -- 'device:' sorts before 'group:'.
  after_device text := CASE WHEN after NOT LIKE 'group:%' THEN substring(after FROM 8) END;
  after_group text := CASE WHEN after LIKE 'group:%' THEN substring(after FROM 7) ELSE '' END;
BEGIN
  RETURN QUERY SELECT k.purpose, k.sealed FROM (
    (SELECT 'device:' || e.device_id AS purpose, e.material AS sealed FROM enrollment e
      WHERE e.proof = 'symmetric_key' AND e.device_id > after_device
        AND NOT is_sealed_under(e.material, master_key) ORDER BY e.device_id LIMIT at_most)
    UNION ALL
    (SELECT 'group:' || g.name, m.sealed FROM enrollment_group g
      CROSS JOIN unnest(ARRAY[g.material, g.secondary_material]) AS m(sealed)
      WHERE g.proof = 'symmetric_key' AND g.name > after_group AND NOT is_sealed_under(m.sealed,
        master_key))) k
    ORDER BY k.purpose COLLATE "C" FETCH FIRST at_most ROWS WITH TIES;
END $$;
COMMENT ON FUNCTION sealed_keys(bytea, text, int) IS
  'For latchkey db reseal: returns the keys that are not sealed under this master key, in the '
  'order of their purposes. Both keys of a group have the same purpose.';
