CREATE OR REPLACE FUNCTION why_not_imported(s enrollment_import, e enrollment) RETURNS text
  LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN e.proof <> s.proof THEN 'by another proof (' || e.proof || ')'
    WHEN coalesce(e.material, '') <> s.material THEN 'with another key, token or certificate'
    WHEN coalesce(e.group_name, '') <> s.group_name
      THEN CASE WHEN e.group_name IS NULL THEN 'without a group'
      ELSE 'in the group ' || e.group_name END
    WHEN e.config::jsonb <> s.config THEN 'with another config' END
$$;
COMMENT ON FUNCTION why_not_imported(enrollment_import, enrollment) IS
  'Internal: how an enrolment differs from the imported line; NULL: not at all.';
