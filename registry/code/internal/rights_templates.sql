CREATE OR REPLACE FUNCTION rights_templates(rights jsonb)
RETURNS TABLE (direction text, template text, shared boolean, place bigint)
LANGUAGE sql IMMUTABLE AS $$
  SELECT d.direction, t.template, d.shared, t.place
  FROM (VALUES ('publish', false), ('subscribe', false), ('publish', true), ('subscribe', true))
    d(direction, shared)
  CROSS JOIN LATERAL jsonb_array_elements_text(CASE WHEN d.shared
    THEN rights -> 'shared' -> d.direction ELSE rights -> d.direction END)
    WITH ORDINALITY t(template, place)
$$;
COMMENT ON FUNCTION rights_templates(jsonb) IS
  'Internal: returns the topic templates of rights, a row for each.';
