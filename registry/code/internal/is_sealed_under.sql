-- Resealing: for the owner alone, whose command has the master keys. A sealed key begins with a
-- version and the id of its master key.
CREATE OR REPLACE FUNCTION is_sealed_under(sealed bytea, master_key bytea) RETURNS boolean
  LANGUAGE sql IMMUTABLE
RETURN substring(sealed FROM 2 FOR 8) = master_key;
COMMENT ON FUNCTION is_sealed_under(bytea, bytea) IS
  'Internal: whether a sealed key names this master key.';
