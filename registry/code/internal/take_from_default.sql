-- The default partition has rows only if no service could create partitions for months. Then nobody
-- writes until the transaction ends.
CREATE OR REPLACE FUNCTION take_from_default(parent text, name text, since timestamptz,
  until timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rest text := parent || '_default';
  months text := format('WHERE %1$I >= %2$L AND %1$I < %3$L',
    CASE parent WHEN 'attempt' THEN 'received_at' ELSE 'at' END, since, until);
  found boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %I %s)', rest, months) INTO found;
  IF NOT found THEN RETURN; END IF;
  EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', parent, rest);
  EXECUTE format('INSERT INTO %I SELECT * FROM %I %s', name, rest, months);
  EXECUTE format('ALTER TABLE %I DISABLE TRIGGER append_only', rest);
  EXECUTE format('DELETE FROM %I %s', rest, months);
  EXECUTE format('ALTER TABLE %I ENABLE TRIGGER append_only', rest);
END $$;
COMMENT ON FUNCTION take_from_default(text, text, timestamptz, timestamptz) IS
  'Internal: moves the rows of a month from the default partition to the table that becomes its '
  'partition. ensure_partition attaches both.';
