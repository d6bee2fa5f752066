CREATE OR REPLACE FUNCTION policy_of(g enrollment_group, named jsonb) RETURNS jsonb
  LANGUAGE sql STABLE AS $$
  SELECT jsonb_object_agg(m.key, m.value) FROM jsonb_each(to_jsonb(g)
      || jsonb_build_object('max_devices', (SELECT q.max FROM quota q WHERE q.name = g.quota))) m
    WHERE named ? m.key
$$;
COMMENT ON FUNCTION policy_of(enrollment_group, jsonb) IS
  'Internal: the members of a group''s policy that an object names, with the values of the group.';
