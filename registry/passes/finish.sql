-- Gives back what operators granted on a function or view that was dropped and made again, also where
-- the function has other arguments now.
DO $$
DECLARE g record;
BEGIN
  FOR g IN
    SELECT k.*, coalesce(to_regclass(CASE k.kind WHEN 'TABLE' THEN k.object END)::text,
      to_regprocedure(CASE k.kind WHEN 'FUNCTION' THEN k.object END)::text,
      to_regproc(CASE k.kind WHEN 'FUNCTION' THEN split_part(k.object, '(', 1) END)
        ::regprocedure::text) AS now_called
    FROM kept_grant k
  LOOP
    IF to_regrole(g.grantee) IS NOT NULL AND g.now_called IS NOT NULL THEN
      EXECUTE format('GRANT %s ON %s %s TO %s%s', g.privilege, g.kind, g.now_called, g.grantee,
                     CASE WHEN g.grantable THEN ' WITH GRANT OPTION' END);
    END IF;
  END LOOP;
  DELETE FROM kept_grant;
END $$;

SELECT make_partitions();
