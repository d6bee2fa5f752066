CREATE OR REPLACE FUNCTION seconds(span interval) RETURNS double precision
  LANGUAGE sql IMMUTABLE RETURN extract(epoch FROM span);
COMMENT ON FUNCTION seconds(interval) IS 'Converts an interval to seconds.';
