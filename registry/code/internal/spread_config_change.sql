CREATE OR REPLACE FUNCTION spread_config_change(name text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO config_change (scope) VALUES (coalesce(name, ''))
    ON CONFLICT (scope) DO UPDATE SET after = '', online_only = true;
  SELECT pg_notify('latchkey', 'config');
$$;
COMMENT ON FUNCTION spread_config_change(text) IS
  'Internal: makes the service look at every device of the group, or of the fleet, in steps: first '
  'at those that are online.';
