-- What a reset ended is revoked, and belongs to an earlier registration.
CREATE OR REPLACE FUNCTION confirmed_of(id text, known bigint) RETURNS bigint
  LANGUAGE sql STABLE
RETURN coalesce(known, (SELECT max(c.generation) FROM credential c WHERE c.device_id = id
  AND c.connected_at IS NOT NULL AND c.status <> 'revoked'), 0);
COMMENT ON FUNCTION confirmed_of(text, bigint) IS
  'Internal: device.confirmed, also of a row that the version before wrote.';
