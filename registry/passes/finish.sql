-- What operators granted themselves, on what was dropped and made anew.
DO $$
DECLARE g kept_grant;
BEGIN
  FOR g IN SELECT * FROM kept_grant LOOP
    IF to_regrole(g.grantee) IS NOT NULL AND coalesce(to_regclass(CASE g.kind WHEN 'TABLE' THEN g.object END)::oid,
        to_regprocedure(CASE g.kind WHEN 'FUNCTION' THEN g.object END)::oid) IS NOT NULL THEN
      EXECUTE format('GRANT %s ON %s %s TO %s%s', g.privilege, g.kind, g.object, g.grantee,
                     CASE WHEN g.grantable THEN ' WITH GRANT OPTION' END);
    END IF;
  END LOOP;
  DELETE FROM kept_grant;
END $$;

SELECT make_partitions();
