CREATE OR REPLACE FUNCTION worked_out_rights(rights jsonb, name text) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object(
    'publish', coalesce(jsonb_agg(t.filter ORDER BY t.shared, t.place)
      FILTER (WHERE t.direction = 'publish'), '[]'),
    'subscribe', coalesce(jsonb_agg(t.filter ORDER BY t.shared, t.place)
      FILTER (WHERE t.direction = 'subscribe'), '[]'))
  FROM (SELECT direction, shared, place, CASE WHEN template LIKE '%${group}%'
      THEN replace(template, '${group}', name) ELSE template END AS filter
    FROM rights_templates(rights)) t
  WHERE t.filter IS NOT NULL
$$;
COMMENT ON FUNCTION worked_out_rights(jsonb, text) IS
  'Internal: the rights of the devices of a group, filled with its name. name NULL: of devices '
  'without a group, to which no template with ${group} applies.';
