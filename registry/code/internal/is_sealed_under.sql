-- A sealed key begins with a version byte and the id of its master key.
CREATE OR REPLACE FUNCTION is_sealed_under(sealed bytea, master_key bytea) RETURNS boolean
  LANGUAGE sql IMMUTABLE
RETURN substring(sealed FROM 2 FOR 8) = master_key;
COMMENT ON FUNCTION is_sealed_under(bytea, bytea) IS
  'Internal: whether a key is sealed under the master key with this id.';
