-- CA certificates are bounded because every answer carries them, in base64 twice.
CREATE OR REPLACE FUNCTION make_endpoint(host text, port int, tls boolean, ca text) RETURNS jsonb
  LANGUAGE plpgsql AS $$
DECLARE anchors bytea[];
BEGIN
  IF host IS NULL THEN
    RETURN NULL;
  ELSIF host !~ '^[A-Za-z0-9][A-Za-z0-9.:-]{0,252}$' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no host', to_json(left(host, 100))),
      HINT = 'Give a name or an address without scheme and port, or NULL for the broker of the '
        'service''s configuration.';
  ELSIF port IS NULL OR port NOT BETWEEN 1 AND 65535 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('%s is no port', coalesce(port::text, 'NULL')),
      HINT = 'Choose 1 to 65535; MQTT with TLS usually has 8883.';
  END IF;
  anchors := array(SELECT pem(m[1])
    FROM regexp_matches(ca, '(-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----)', 'g') m);
  IF ca IS NOT NULL AND anchors = '{}' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'ca has no certificate',
      HINT = 'Give certificates in PEM: -----BEGIN CERTIFICATE----- ...';
  ELSIF (SELECT coalesce(sum(length(a)), 0) FROM unnest(anchors) a) > 2048 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'ca is too large',
      HINT = 'Its certificates may have at most 2048 bytes of DER together.';
  END IF;
  PERFORM certificate_subject(a) FROM unnest(anchors) a;
  RETURN jsonb_build_object('host', host, 'port', port, 'tls', coalesce(tls, true)) ||
    CASE WHEN ca IS NULL THEN '{}' ELSE jsonb_build_object('ca',
      array(SELECT translate(encode(a, 'base64'), E'\n', '') FROM unnest(anchors) a)) END;
END $$;
COMMENT ON FUNCTION make_endpoint(text, int, boolean, text) IS
  'Internal: makes an endpoint as it is stored.';
