-- Two UUIDs of version 4 are 244 bits from the server's cryptographic generator (pg_strong_random),
-- which no extension is needed for.
CREATE OR REPLACE FUNCTION random_token() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    'base64'), '+/=', '-_')
$$;
COMMENT ON FUNCTION random_token() IS 'Internal: 43 characters that nobody guesses.';
