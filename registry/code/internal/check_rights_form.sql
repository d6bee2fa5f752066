CREATE OR REPLACE FUNCTION check_rights_form(rights jsonb) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  example constant text := 'For example {"publish": ["plant/${device_id}/telemetry/#"], '
    '"subscribe": ["plant/${device_id}/commands/#"], "shared": {"subscribe": ["plant/all"]}}.';
  unknown text;
BEGIN
  IF jsonb_typeof(rights) IS DISTINCT FROM 'object'
    OR jsonb_typeof(coalesce(rights -> 'shared', '{}')) <> 'object' THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'rights, and shared in them, are JSON objects',
      HINT = example;
  END IF;
  SELECT key INTO unknown FROM (
      SELECT key FROM jsonb_object_keys(rights) key
        WHERE key NOT IN ('publish', 'subscribe', 'shared')
      UNION ALL
      SELECT 'shared.' || key FROM jsonb_object_keys(coalesce(rights -> 'shared', '{}')) key
        WHERE key NOT IN ('publish', 'subscribe')) k(key) ORDER BY key LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('rights have no member %s', to_json(left(unknown, 100))),
      HINT = example;
  ELSIF EXISTS (SELECT FROM unnest(ARRAY[rights, rights -> 'shared']) level(o),
      unnest('{publish,subscribe}'::text[]) name
      WHERE jsonb_typeof(coalesce(o -> name, '[]')) <> 'array'
        OR jsonb_path_exists(coalesce(o -> name, '[]'),
          'strict $[*] ? (@.type() <> "string")')) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'publish and subscribe are lists of topic templates',
      HINT = example;
  ELSIF EXISTS (SELECT FROM rights_templates(rights) GROUP BY direction HAVING count(*) > 32) THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = 'there are more than 32 templates to publish or to subscribe to',
      HINT = 'One template with # or + at its end may stand for many.';
  END IF;
END $$;
COMMENT ON FUNCTION check_rights_form(jsonb) IS
  'Internal: raises an error unless these are lists of at most 32 texts in the members of rights.';
