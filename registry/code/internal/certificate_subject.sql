CREATE OR REPLACE FUNCTION certificate_subject(der bytea) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  element record;
  place int;
  tag int;
BEGIN
  element := der_at(der, 0);
  IF element.tag = 48 AND element.stop = length(der) THEN
    -- TBSCertificate: version, serial number, algorithm, issuer and validity stand before the
    -- subject (RFC 5280, 4.1).
    place := (der_at(der, element.start)).start;
    FOREACH tag IN ARRAY ARRAY[160, 2, 48, 48, 48] LOOP
      element := der_at(der, place);
      EXIT WHEN element.tag <> tag;
      place := element.stop;
    END LOOP;
    element := der_at(der, place);
    IF place > 0 AND element.tag = 48
      THEN RETURN sha256(substring(der FROM place + 1 FOR element.stop - place)); END IF;
  END IF;
  RAISE array_subscript_error;
EXCEPTION WHEN array_subscript_error THEN
  PERFORM refuse('22023', 'this is no X.509 certificate',
    'DER; registry.pem(''-----BEGIN CERTIFICATE----- ...'') reads PEM.');
END $$;
COMMENT ON FUNCTION certificate_subject(bytea) IS
  'Internal: SHA-256 of a certificate''s subject name, by which group_ca finds its group.';
