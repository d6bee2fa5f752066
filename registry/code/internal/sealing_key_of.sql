CREATE OR REPLACE FUNCTION sealing_key_of(c credential) RETURNS bytea
  LANGUAGE sql IMMUTABLE
-- Services of the version before write the other two only.
RETURN coalesce(c.sealing_key, c.encryption_key, c.answer_key);
COMMENT ON FUNCTION sealing_key_of(credential) IS
  'The key that the configurations of a credential are sealed under: an encryption key (64 bytes) '
  'or the id of a symmetric key (8 bytes); NULL: none.';
