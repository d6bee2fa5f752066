CREATE OR REPLACE FUNCTION refuse_ended(der bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  validity bytea := certificate_field(der, 4);
  second record;
  digits text;
  ends timestamptz;
BEGIN
  second := der_at(validity, (der_at(validity, (der_at(validity, 0)).start)).stop);
  digits := encode(
    substring(validity FROM second.start + 1 FOR second.stop - second.start), 'escape');
  -- UTCTime has two digits of the year (RFC 5280, 4.1.2.5.1).
  IF second.tag = 23
    THEN digits := CASE WHEN digits < '50' THEN '20' ELSE '19' END || digits; END IF;
  ends := regexp_replace(digits, '^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$',
    '\1-\2-\3 \4:\5:\6')::timestamp AT TIME ZONE 'UTC';
  IF ends < now() THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('this certificate ended on %s', ends),
      HINT = 'It proves nothing any more. Enrol the certificate that is in use.';
  END IF;
EXCEPTION WHEN array_subscript_error OR datetime_field_overflow OR invalid_datetime_format THEN
  RAISE EXCEPTION USING ERRCODE = '22023',
    MESSAGE = 'the end of this certificate''s validity cannot be read',
    HINT = 'Enrol a certificate whose validity ends at a time of RFC 5280.';
END $$;
COMMENT ON FUNCTION refuse_ended(bytea) IS 'Internal: raises an error if a certificate has ended.';
