-- The fields of TBSCertificate are version, serial number, algorithm, issuer, validity and subject
-- (RFC 5280, 4.1).
CREATE OR REPLACE FUNCTION certificate_field(der bytea, number int) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  element record;
  place int;
  tag int;
BEGIN
  element := der_at(der, 0);
  IF element.tag = 48 AND element.stop = length(der) THEN
    place := (der_at(der, element.start)).start;
    FOREACH tag IN ARRAY (ARRAY[160, 2, 48, 48, 48])[1:number] LOOP
      element := der_at(der, place);
      EXIT WHEN element.tag <> tag;
      place := element.stop;
    END LOOP;
    element := der_at(der, place);
    IF place > 0 AND element.tag = 48
      THEN RETURN substring(der FROM place + 1 FOR element.stop - place); END IF;
  END IF;
  RAISE array_subscript_error;
EXCEPTION WHEN array_subscript_error THEN
  RAISE EXCEPTION USING ERRCODE = '22023',
    MESSAGE = 'the material is no X.509 certificate',
    HINT = 'It must be DER; registry.pem(''-----BEGIN CERTIFICATE----- ...'') makes DER of PEM.';
END $$;
COMMENT ON FUNCTION certificate_field(bytea, int) IS
  'Internal: returns a field of a certificate by the number of fields before it: 4 for the '
  'validity, 5 for the subject.';
