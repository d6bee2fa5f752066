-- What somebody else owns here, no migration could change.
DO $$
DECLARE others text;
BEGIN
  SELECT string_agg(name, ', ') INTO others FROM (
    SELECT relname AS name, relowner AS owner FROM pg_class WHERE relnamespace = 'registry'::regnamespace
    UNION ALL SELECT proname, proowner FROM pg_proc WHERE pronamespace = 'registry'::regnamespace
    UNION ALL SELECT typname, typowner FROM pg_type WHERE typnamespace = 'registry'::regnamespace) o
  WHERE owner <> 'latchkey_owner'::regrole;
  IF others IS NOT NULL THEN
    RAISE EXCEPTION 'these do not belong to latchkey_owner: %', others
      USING HINT = 'The schema registry is for Latchkey''s own objects: move others to another schema.';
  END IF;
END $$;

-- The functions were made in any order, so their bodies are checked now, when all of them are there.
SET LOCAL check_function_bodies = on;
DO $$
DECLARE f record;
BEGIN
  FOR f IN
    SELECT p.oid, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'registry'::regnamespace AND p.prosqlbody IS NULL ORDER BY p.proname
  LOOP
    IF f.lanname = 'sql' THEN
      PERFORM fmgr_sql_validator(f.oid);
    ELSE
      PERFORM plpgsql_validator(f.oid);
    END IF;
  END LOOP;
END $$;
