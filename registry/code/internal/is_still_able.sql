CREATE OR REPLACE FUNCTION is_still_able(q decided_request, d device) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN CASE
  WHEN (q).expected IS NULL THEN (d).device_id IS NULL
  ELSE (d).generation = (q).expected AND (d).state NOT IN ('suspended', 'revoked')
    AND (q).to_registered = ((d).state IN ('off', 'provisioning_requested'))
    -- The answer carries a configuration version: it must still be the newest.
    AND ((q).version_from IS NULL
      OR ((d).config_version, (d).config_layers)
        IS NOT DISTINCT FROM ((q).version_from, (q).layers_from))
END;
COMMENT ON FUNCTION is_still_able(decided_request, device) IS
  'Internal: whether the device is still as it was when the request was decided.';
