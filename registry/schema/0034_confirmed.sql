-- A credential is in use once its device has confirmed that it holds it: a `connected` with
-- `confirms`, which the service decides.

-- 0 for new rows alone: to give every row a value would write the whole table.
ALTER TABLE device ADD COLUMN confirmed bigint CHECK (confirmed >= 0);
ALTER TABLE device ALTER COLUMN confirmed SET DEFAULT 0;
COMMENT ON COLUMN device.confirmed IS
  'The greatest generation since its registration that a connected confirmed; 0: none. '
  'Empty: the row is of the version before, and confirmed_of looks the generation up.';
COMMENT ON COLUMN device.connected_at IS
  'When it first said connected.';

COMMENT ON COLUMN credential.status IS
  'issued: its device has not confirmed yet that it holds it; active: it has; retired: a newer one replaced it; revoked.';
COMMENT ON COLUMN credential.connected_at IS
  'When its device confirmed that it holds it.';
COMMENT ON COLUMN credential.use_by IS
  'It ends here if its device has not confirmed by then that it holds it.';

ALTER TYPE status_key ADD ATTRIBUTE signed boolean;
ALTER TYPE decided_status ADD ATTRIBUTE confirms boolean;

-- A device that is told to move stays where it was until it has been there: a signed connected may
-- name either.
CREATE TABLE known_endpoint (
  digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
  endpoint jsonb NOT NULL
);
COMMENT ON TABLE known_endpoint IS
  'Every endpoint that an operator has set, by the digest that device.endpoint has.';
COMMENT ON COLUMN known_endpoint.digest IS 'SHA-256 of the endpoint as text.';
COMMENT ON COLUMN known_endpoint.endpoint IS 'Host, port, tls and perhaps ca.';
INSERT INTO known_endpoint
  SELECT sha256(convert_to(e::text, 'UTF8')), e
  FROM (SELECT endpoint FROM fleet_config UNION SELECT endpoint FROM enrollment_group) s(e)
  WHERE e IS NOT NULL;
