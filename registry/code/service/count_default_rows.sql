CREATE OR REPLACE FUNCTION count_default_rows() RETURNS TABLE (what text, total bigint)
LANGUAGE sql STABLE AS $$
  SELECT 'attempt', count(*) FROM (SELECT FROM attempt_default LIMIT 10000) a
  UNION ALL SELECT 'event', count(*) FROM (SELECT FROM event_default LIMIT 10000) e
$$;
COMMENT ON FUNCTION count_default_rows() IS
  'Service: counts the rows of months without a partition of their own, to 10000, for its metrics.';
