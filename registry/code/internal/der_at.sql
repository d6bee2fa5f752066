-- The tag of the DER element at a place, and where its content starts and stops (X.690, 8.1). Reads
-- lengths below 64 KiB.
CREATE OR REPLACE FUNCTION der_at(der bytea, place int, OUT tag int, OUT start int, OUT stop int)
  LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE size int := get_byte(der, place + 1);
BEGIN
  tag := get_byte(der, place);
  start := place + 2;
  IF size IN (129, 130) THEN
    start := start + size - 128;
    size := CASE size WHEN 129 THEN get_byte(der, place + 2)
      ELSE get_byte(der, place + 2) * 256 + get_byte(der, place + 3) END;
  ELSIF size > 127 THEN
    RAISE EXCEPTION 'the length of a DER element is not supported'
      USING ERRCODE = 'array_subscript_error';
  END IF;
  stop := start + size;
  IF stop > length(der) THEN
    RAISE EXCEPTION 'a DER element is cut short' USING ERRCODE = 'array_subscript_error';
  END IF;
END $$;
COMMENT ON FUNCTION der_at(bytea, int) IS 'Internal: reads one element of DER.';
