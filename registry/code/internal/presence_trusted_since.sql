-- A device that was online when the broker or the service went away comes back at once, or is gone:
-- it gets 5 minutes.
CREATE OR REPLACE FUNCTION presence_trusted_since() RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT coalesce((SELECT k FROM presence_known_since() k WHERE k < now() - interval '5 minutes'),
    '-infinity')
$$;
COMMENT ON FUNCTION presence_trusted_since() IS
  'Of a device that is online and was last seen before this it is unknown whether it still is.';
