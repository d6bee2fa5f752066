-- RETURN: inlined into the load.
CREATE OR REPLACE FUNCTION rights_text(rights jsonb) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN rights = '{"publish": [], "subscribe": []}'::jsonb THEN '' ELSE rights::text END;
COMMENT ON FUNCTION rights_text(jsonb) IS
  'Internal: worked-out rights for the service, as text; '''': there are none. NULL: none were '
  'ever set.';
