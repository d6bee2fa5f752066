-- What a reset ended is revoked, and belongs to an earlier registration.
CREATE OR REPLACE FUNCTION confirmed_of(id text) RETURNS bigint
  LANGUAGE sql STABLE STRICT
RETURN coalesce((SELECT max(c.generation) FROM credential c WHERE c.device_id = id
  AND c.connected_at IS NOT NULL AND c.status <> 'revoked'), 0);
COMMENT ON FUNCTION confirmed_of(text) IS
  'Internal: what device.confirmed would be, for a row that the version before wrote without it.';
