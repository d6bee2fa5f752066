-- A column of a view that comes from a table or another view takes over its comment; the others have theirs
-- in the view's own file. Repeated until nothing is left to take over: a view may read another view.
DO $$
DECLARE
  shown record;
  described boolean := true;
BEGIN
  WHILE described LOOP
    described := false;
    FOR shown IN
      SELECT DISTINCT ON (v.oid, a.attnum)
             v.relname AS view, a.attname AS name, col_description(d.refobjid, d.refobjsubid) AS text,
             d.refobjid::regclass::text AS source
      FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid AND a.attnum > 0
      JOIN pg_rewrite r ON r.ev_class = v.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0
      JOIN pg_attribute t ON t.attrelid = d.refobjid AND t.attnum = d.refobjsubid
        AND t.attname = a.attname
      WHERE v.relnamespace = 'registry'::regnamespace AND v.relkind = 'v' AND d.refobjid <> v.oid
        AND col_description(v.oid, a.attnum) IS NULL
        AND col_description(d.refobjid, d.refobjsubid) IS NOT NULL
      ORDER BY v.oid, a.attnum, source
    LOOP
      EXECUTE format('COMMENT ON COLUMN %I.%I IS %L', shown.view, shown.name, shown.text);
      described := true;
    END LOOP;
  END LOOP;
END $$;
