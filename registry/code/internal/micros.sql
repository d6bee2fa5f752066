-- STABLE, because extract is: a function that claims more than what it calls is not inlined.
CREATE OR REPLACE FUNCTION micros(at timestamptz) RETURNS bigint LANGUAGE sql STABLE
RETURN (extract(epoch FROM at) * 1000000)::bigint;
COMMENT ON FUNCTION micros(timestamptz) IS
  'Internal: converts a time to microseconds since the epoch.';
