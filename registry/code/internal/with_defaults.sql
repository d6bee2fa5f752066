CREATE OR REPLACE FUNCTION with_defaults(g enrollment_group) RETURNS enrollment_group
  LANGUAGE plpgsql AS $$
BEGIN
  g.admission := coalesce(g.admission, 'automatic');
  g.reprovisioning := coalesce(g.reprovisioning, 'rotate');
  g.credential_types := coalesce(g.credential_types, '{x509}');
  g.lifetime_s := coalesce(g.lifetime_s, 7776000);
  g.unused_life_s := coalesce(g.unused_life_s, 86400);
  g.renewal_grace_days := coalesce(g.renewal_grace_days, 30);
  g.credentials_per_hour := coalesce(g.credentials_per_hour, 10);
  g.revoke_retired := coalesce(g.revoke_retired, false);
  g.sealing := coalesce(g.sealing, 'possible');
  g.token_attributes := coalesce(g.token_attributes, 'reported');
  RETURN g;
END $$;
COMMENT ON FUNCTION with_defaults(enrollment_group) IS
  'Internal: returns the group with defaults where its policy is NULL.';
