CREATE OR REPLACE FUNCTION micros(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN (extract(epoch FROM at) * 1000000)::bigint;
COMMENT ON FUNCTION micros(timestamptz) IS
  'Internal: converts a time to microseconds since the epoch.';
