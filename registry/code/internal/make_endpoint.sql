-- Where devices connect. Anchors travel in every answer, in base64 twice: hence the bound.
CREATE OR REPLACE FUNCTION make_endpoint(host text, port int, tls boolean, ca text) RETURNS jsonb
  LANGUAGE plpgsql AS $$
DECLARE anchors bytea[];
BEGIN
  IF host IS NULL THEN
    RETURN NULL;
  ELSIF host !~ '^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$' THEN
    PERFORM refuse('22023', 'this is no host',
      'A name or an address, without scheme and port. NULL for the one of the service''s '
      'configuration.');
  ELSIF port IS NULL OR port NOT BETWEEN 1 AND 65535 THEN
    PERFORM refuse('22023', 'this is no port', 'From 1 to 65535; 8883 is usual for MQTT with TLS.');
  END IF;
  anchors := array(SELECT pem(m[1])
    FROM regexp_matches(ca, '(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)', 'g') m);
  IF ca IS NOT NULL AND anchors = '{}' THEN
    PERFORM refuse('22023', 'ca has no certificate', 'PEM: -----BEGIN CERTIFICATE----- ...');
  ELSIF (SELECT coalesce(sum(length(a)), 0) FROM unnest(anchors) a) > 2048 THEN
    PERFORM refuse('22023', 'ca is too large', 'At most 2048 bytes of DER in all.');
  END IF;
  PERFORM certificate_subject(a) FROM unnest(anchors) a;
  RETURN jsonb_build_object('host', host, 'port', port, 'tls', coalesce(tls, true)) ||
    CASE WHEN ca IS NULL THEN '{}' ELSE jsonb_build_object('ca',
      array(SELECT translate(encode(a, 'base64'), E'\n', '') FROM unnest(anchors) a)) END;
END $$;
COMMENT ON FUNCTION make_endpoint(text, int, boolean, text) IS
  'Internal: an endpoint as it is stored.';
