-- Level by level. What stands for a name, ${device_id} or ${group}, meets every text that may be
-- one.
CREATE OR REPLACE FUNCTION templates_meet(one text, other text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  a text[] := string_to_array(one, '/');
  b text[] := string_to_array(other, '/');
  ends int := least(cardinality(a), cardinality(b));
  name constant text := '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$';
BEGIN
  FOR i IN 1 .. ends LOOP
    IF a[i] = '#' OR b[i] = '#' THEN RETURN true; END IF;
    -- From here on each topic of both is of one device.
    IF a[i] = '${device_id}' AND b[i] = '${device_id}' THEN RETURN false; END IF;
    IF a[i] <> b[i] AND a[i] <> '+' AND b[i] <> '+'
      AND NOT (a[i] LIKE '${%' AND (b[i] LIKE '${%' OR b[i] ~ name))
      AND NOT (b[i] LIKE '${%' AND a[i] ~ name) THEN
      RETURN false;
    END IF;
  END LOOP;
  RETURN cardinality(a) = cardinality(b) OR coalesce(a[ends + 1], b[ends + 1]) = '#';
END $$;
COMMENT ON FUNCTION templates_meet(text, text) IS
  'Internal: whether there is a topic that the first template, filled for one device, matches and '
  'the second one, filled for another device. A text without ${device_id} may be any topic filter.';
