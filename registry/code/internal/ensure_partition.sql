-- ATTACH lets writers go on, CREATE ... PARTITION OF does not: so the partition is created as a
-- table and then attached.
CREATE OR REPLACE FUNCTION ensure_partition(parent text, month date) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  name text := parent || to_char(month, '_YYYY_MM');
  since timestamptz := month::timestamp AT TIME ZONE 'UTC';
  until timestamptz := (month + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  -- Two services may find it missing at once.
  PERFORM FROM turn WHERE work = 'partitions' FOR UPDATE;
  IF to_regclass(name) IS NOT NULL THEN RETURN; END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name,
    parent);
  EXECUTE format('COMMENT ON TABLE %I IS %L', name, parent || ' of ' || to_char(month, 'YYYY-MM'));
  PERFORM take_from_default(parent, name, since, until);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH '
                 'STATEMENT EXECUTE FUNCTION refuse_change()', name);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, name,
                 since, until);
  IF NOT (SELECT relispartition FROM pg_class WHERE oid = to_regclass(parent || '_default')) THEN
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I DEFAULT', parent, parent || '_default');
  END IF;
END $$;
COMMENT ON FUNCTION ensure_partition(text, date) IS
  'Internal: creates the partition of one month (UTC) if it is missing.';
