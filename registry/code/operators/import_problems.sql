-- The ids of a million lines take 80 MB: in memory they are compared without a sort on disk.
CREATE OR REPLACE FUNCTION import_problems(most int) RETURNS TABLE (line bigint, problem text)
  LANGUAGE plpgsql SET work_mem = '128MB' AS $$
#variable_conflict use_column
BEGIN
  PERFORM check_importing();
  ANALYZE enrollment_import;
  RETURN QUERY SELECT p.line, p.problem FROM (
    SELECT s.line, format('the device %s is on line %s already', s.device_id,
      t.first) AS problem
      FROM (SELECT i.device_id, min(i.line) AS first FROM enrollment_import i
        GROUP BY i.device_id HAVING count(*) > 1) t
      JOIN enrollment_import s ON s.device_id = t.device_id WHERE s.line > t.first
    UNION ALL
    SELECT s.line, format('there is no group %s', s.group_name) FROM enrollment_import s
      WHERE s.group_name <> '' AND NOT EXISTS (SELECT FROM enrollment_group g
        WHERE g.name = s.group_name)
    UNION ALL
    SELECT s.line, format('the device %s is enrolled already, %s', s.device_id,
      why_not_imported(s, e))
      FROM enrollment_import s JOIN enrollment e ON e.device_id = s.device_id
        WHERE why_not_imported(s, e) IS NOT NULL
    UNION ALL
    SELECT s.line, format('the device %s is registered by %s: reset it first', s.device_id, r.it)
      -- OFFSET 0: the function is called for devices that registered, and not for each line.
      FROM (SELECT n.line, n.device_id, n.proof, n.group_name FROM enrollment_import n
        JOIN device d ON d.device_id = n.device_id OFFSET 0) s
        CROSS JOIN LATERAL (SELECT registered_by_other(s.device_id, s.proof, s.group_name)
          AS it) r WHERE r.it IS NOT NULL) p
    ORDER BY p.line LIMIT most;
END $$;
COMMENT ON FUNCTION import_problems(int) IS
  'Returns the first lines that keep the import from being enrolled, and why: a device twice, a '
  'group that does not exist, a device that is enrolled or registered in another way.';
