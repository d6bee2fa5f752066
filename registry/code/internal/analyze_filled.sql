-- What was planned while the table was small is planned anew. Beside somebody who counts it already
-- this does nothing.
CREATE OR REPLACE FUNCTION analyze_filled(filled regclass, added bigint) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF added >= 1000 THEN EXECUTE format('ANALYZE (SKIP_LOCKED) %s', filled); END IF;
END $$;
COMMENT ON FUNCTION analyze_filled(regclass, bigint) IS
  'Internal: counts a table for the planner after many rows came at once.';
