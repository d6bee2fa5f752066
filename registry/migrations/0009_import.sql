-- migrate:up
-- Enrolling very many devices at once (`latchkey enroll import`): their rows are brought here by COPY, looked at as a
-- whole, and enrolled from here a stretch at a time.

SET LOCAL ROLE latchkey_owner;
SET LOCAL search_path = registry, pg_temp;

-- Unlogged: after a crash of the server it is empty, and the import is started again from its file.
CREATE UNLOGGED TABLE enrollment_import (
  line       bigint PRIMARY KEY,
  device_id  text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL DEFAULT '',
  proof      text NOT NULL,
  material   bytea NOT NULL DEFAULT '',
  config     jsonb NOT NULL DEFAULT '{}'
) WITH (autovacuum_enabled = off);
COMMENT ON TABLE enrollment_import IS 'What an import has brought and not enrolled yet, of one import at a time. Nobody reads it; import_end empties it.';
COMMENT ON COLUMN enrollment_import.line IS 'Where it stands in the file.';
COMMENT ON COLUMN enrollment_import.device_id IS 'As in enrollment.';
COMMENT ON COLUMN enrollment_import.group_name IS 'As in enrollment; empty: none.';
COMMENT ON COLUMN enrollment_import.proof IS 'As in enrollment.';
COMMENT ON COLUMN enrollment_import.material IS 'As in enrollment, keys sealed; empty: none.';
COMMENT ON COLUMN enrollment_import.config IS 'As in enrollment.';

-- The lock is the connection's: it goes with it, whatever becomes of the importer.
CREATE FUNCTION check_importing() RETURNS void LANGUAGE plpgsql SET search_path = registry, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
                 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid, objid, objsubid) = (7237, 9, 2)) THEN
    PERFORM refuse('55000', 'this connection has begun no import', 'SELECT registry.import_begin() begins one.');
  END IF;
END $$;
COMMENT ON FUNCTION check_importing() IS 'Internal: only who has begun an import goes on with it.';

CREATE FUNCTION import_begin() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  -- One that was cut off goes on to the end of its statement: lock_timeout says how long to wait for that.
  PERFORM pg_advisory_lock(7237, 9);
  TRUNCATE enrollment_import;
EXCEPTION WHEN lock_not_available THEN
  PERFORM refuse('55P03', 'another import is running', 'It has to end first; an import that was cut off ends with its connection.');
END $$;
COMMENT ON FUNCTION import_begin() IS 'Begins an import on this connection, when no other is running: COPY registry.enrollment_import, import_problems, import_enroll, import_end.';

CREATE FUNCTION guard_import() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  PERFORM check_importing();
  RETURN NULL;
END $$;
COMMENT ON FUNCTION guard_import() IS 'Trigger: nobody adds to the import of another.';
CREATE TRIGGER guard BEFORE INSERT ON enrollment_import FOR EACH STATEMENT EXECUTE FUNCTION guard_import();

CREATE FUNCTION why_not_imported(s enrollment_import, e enrollment) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = registry, pg_temp AS $$
  SELECT CASE WHEN e.proof <> s.proof THEN 'by another proof (' || e.proof || ')'
    WHEN coalesce(e.material, '') <> s.material THEN 'with something else to prove itself by'
    WHEN coalesce(e.group_name, '') <> s.group_name THEN CASE WHEN e.group_name IS NULL THEN 'without a group' ELSE 'in the group ' || e.group_name END
    WHEN e.config::jsonb <> s.config THEN 'with another config' END
$$;
COMMENT ON FUNCTION why_not_imported(enrollment_import, enrollment) IS 'Internal: how an enrolment differs from what is imported; empty: not at all.';

CREATE FUNCTION import_problems(most int) RETURNS TABLE (line bigint, problem text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM check_importing();
  ANALYZE enrollment_import;
  RETURN QUERY SELECT p.line, p.problem FROM (
    SELECT s.line, format('the device %s stands on line %s already', s.device_id, s.first) AS problem
      FROM (SELECT i.line, i.device_id, min(i.line) OVER (PARTITION BY i.device_id) AS first FROM enrollment_import i) s WHERE s.line > s.first
    UNION ALL
    SELECT s.line, format('there is no group %s', s.group_name) FROM enrollment_import s
      WHERE s.group_name <> '' AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = s.group_name)
    UNION ALL
    SELECT s.line, format('the device %s is enrolled already, %s', s.device_id, why_not_imported(s, e))
      FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id WHERE why_not_imported(s, e) IS NOT NULL) p
    ORDER BY p.line LIMIT most;
END $$;
COMMENT ON FUNCTION import_problems(int) IS 'What stands against the import as a whole, the first lines of it: a device twice, a group that there is not, a device that is enrolled otherwise.';

CREATE FUNCTION import_enroll(first bigint, last bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
DECLARE
  added bigint;
  refused text;
BEGIN
  PERFORM check_importing();
  WITH new AS (
    INSERT INTO enrollment (device_id, group_name, proof, material, config)
      SELECT s.device_id, nullif(s.group_name, ''), s.proof, CASE s.proof WHEN 'group' THEN NULL ELSE s.material END, s.config
      FROM enrollment_import s WHERE s.line BETWEEN first AND last ORDER BY s.device_id
      ON CONFLICT (device_id) DO NOTHING RETURNING device_id, group_name),
  noted AS (INSERT INTO event (device_id, group_name, action) SELECT device_id, group_name, 'enroll_device' FROM new)
  SELECT count(*) INTO added FROM new;
  -- Somebody may have enrolled one of them since import_problems looked.
  SELECT format('the device %s is enrolled already, %s', s.device_id, why_not_imported(s, e)) INTO refused
    FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id
    WHERE s.line BETWEEN first AND last AND why_not_imported(s, e) IS NOT NULL ORDER BY s.line LIMIT 1;
  IF refused IS NOT NULL THEN
    PERFORM refuse('23505', refused, 'Somebody else enrolled it a moment ago: start the import again.');
  END IF;
  RETURN added;
END $$;
COMMENT ON FUNCTION import_enroll(bigint, bigint) IS 'Enrols what was imported from these lines, and returns how many devices are new; those enrolled like that already are left alone.';

CREATE FUNCTION import_end() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = registry, pg_temp AS $$
BEGIN
  PERFORM check_importing();
  TRUNCATE enrollment_import;
  PERFORM pg_advisory_unlock(7237, 9);
END $$;
COMMENT ON FUNCTION import_end() IS 'Ends the import: what it brought and did not enrol is forgotten.';

REVOKE EXECUTE ON FUNCTION check_importing(), import_begin(), guard_import(), why_not_imported(enrollment_import, enrollment), import_problems(int),
  import_enroll(bigint, bigint), import_end() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION import_begin(), import_problems(int), import_enroll(bigint, bigint), import_end() TO latchkey_ops;
GRANT INSERT ON enrollment_import TO latchkey_ops;
