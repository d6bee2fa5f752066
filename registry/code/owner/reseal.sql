CREATE OR REPLACE FUNCTION reseal(p jsonb) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  done bigint := 0;
  n bigint;
BEGIN
  PERFORM FROM turn WHERE work = 'reseal' FOR UPDATE;
  -- A key that was replaced after it was read is left alone.
  UPDATE enrollment e SET material = r.resealed
    FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'device:%' AND e.device_id = substring(r.purpose FROM 8)
      AND e.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET material = r.resealed
    FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7)
      AND g.material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  UPDATE enrollment_group g SET secondary_material = r.resealed
    FROM jsonb_to_recordset(p) AS r(purpose text, sealed bytea, resealed bytea)
    WHERE r.purpose LIKE 'group:%' AND g.name = substring(r.purpose FROM 7)
      AND g.secondary_material = r.sealed;
  GET DIAGNOSTICS n = ROW_COUNT;
  done := done + n;
  IF done > 0 THEN
    INSERT INTO event (action, reason) VALUES ('reseal', done || ' keys');
  END IF;
  RETURN done;
END $$;
COMMENT ON FUNCTION reseal(jsonb) IS
  'For latchkey db reseal: replaces sealed keys by the same keys under another master key. '
  'Returns how many it replaced.';
