-- New statistics make sessions plan again what they planned while the table was small. Does nothing
-- while another session analyzes the table.
CREATE OR REPLACE FUNCTION analyze_filled(filled regclass, added bigint) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF added >= 1000 THEN EXECUTE format('ANALYZE (SKIP_LOCKED) %s', filled); END IF;
END $$;
COMMENT ON FUNCTION analyze_filled(regclass, bigint) IS
  'Internal: analyzes a table after an act has added many rows at once.';
