-- Two templates collide where a topic would be of two devices: one matches it filled with one id,
-- the other with another. So a device named like a literal of a template gains nothing. Shared
-- templates are left out: who gives them means every device, whatever else they reach.
CREATE OR REPLACE FUNCTION check_rights(rights jsonb, name text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  longest constant text := repeat('i', 64);
  bytes int;
  ours text;
  theirs text;
BEGIN
  PERFORM check_rights_form(rights);
  PERFORM check_template(t.template, t.shared) FROM rights_templates(rights) t;
  SELECT sum(octet_length(replace(replace(t.template, '${device_id}', longest), '${group}',
    coalesce(name, longest)))) INTO bytes FROM rights_templates(rights) t;
  IF bytes > 1024 THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('for an id of 64 characters the templates have %s bytes', bytes),
      HINT = 'They may have 1024 together, because each device is sent all of them: use fewer or '
        'shorter ones, or # at the end of one.';
  END IF;
  WITH others AS MATERIALIZED (
    SELECT DISTINCT t.template FROM (
      SELECT f.rights FROM fleet_config f WHERE name IS NOT NULL
      UNION ALL SELECT g.rights FROM enrollment_group g
        WHERE g.name IS DISTINCT FROM check_rights.name
      UNION ALL SELECT check_rights.rights) s, rights_templates(s.rights) t
    WHERE NOT t.shared)
  SELECT t.template, o.template INTO ours, theirs FROM rights_templates(rights) t, others o
    WHERE NOT t.shared
      AND (split_part(t.template, '/', 1) = split_part(o.template, '/', 1)
        OR left(split_part(t.template, '/', 1), 1) IN ('+', '$')
        OR left(split_part(o.template, '/', 1), 1) IN ('+', '$'))
      AND templates_meet(t.template, o.template) LIMIT 1;
  IF ours IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '22023',
      MESSAGE = format('by %s a device could reach a topic that is another''s by %s', ours,
        theirs),
      HINT = 'Make ${device_id} the same level of both, or give them different levels before it. '
        'If this is meant for all devices, give the template under "shared".';
  END IF;
END $$;
COMMENT ON FUNCTION check_rights(jsonb, text) IS
  'Internal: raises an error unless the fleet (name NULL) or the group of this name may have these '
  'rights beside those of all others. Shared templates are only checked for topics of the '
  'protocol.';
