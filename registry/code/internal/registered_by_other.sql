CREATE OR REPLACE FUNCTION registered_by_other(id text, proof text, group_name text) RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT CASE d.enrolled_by WHEN 'device' THEN 'an enrolment of its own'
      ELSE 'the group ' || substring(d.enrolled_by FROM 7) END
    FROM device d WHERE d.device_id = $1 AND d.state NOT IN ('off', 'revoked')
      AND d.enrolled_by <> CASE $2 WHEN 'group' THEN 'group:' || $3 ELSE 'device' END
      AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = $1)
$$;
COMMENT ON FUNCTION registered_by_other(text, text, text) IS
  'Internal: what registered a device, if an enrolment like this would have no effect on it until '
  'reset; NULL if it would have one.';
