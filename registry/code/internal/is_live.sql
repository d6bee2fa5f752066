CREATE OR REPLACE FUNCTION is_live(c credential, at timestamptz) RETURNS boolean
  LANGUAGE sql IMMUTABLE
RETURN (c.status = 'active' AND c.not_after > at)
  OR (c.status = 'issued' AND least(c.not_after, c.use_by) > at);
COMMENT ON FUNCTION is_live(credential, timestamptz) IS
  'Whether a credential is neither retired nor revoked nor expired; one that was never used '
  'expires at use_by.';
