-- Two UUIDs of version 4 have 244 bits of the server's cryptographic generator (pg_strong_random);
-- this needs no extension.
CREATE OR REPLACE FUNCTION random_token() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT translate(encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    'base64'), '+/=', '-_')
$$;
COMMENT ON FUNCTION random_token() IS 'Internal: a random token of 43 characters.';
