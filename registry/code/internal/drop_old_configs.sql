-- A configuration was in effect until the next one of the same device, group or fleet. So it goes
-- when that one is old enough, and the newest of each stays.
CREATE OR REPLACE FUNCTION drop_old_configs(keep interval, portion int) RETURNS boolean
  LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  DELETE FROM config_history h WHERE h.id = ANY (ARRAY(
    SELECT o.id FROM config_history o WHERE o.at < now() - keep AND CASE
      WHEN o.device_id IS NOT NULL THEN EXISTS (SELECT FROM config_history x
        WHERE x.device_id = o.device_id AND (x.at, x.id) > (o.at, o.id) AND x.at < now() - keep)
      ELSE EXISTS (SELECT FROM config_history x
        WHERE x.device_id IS NULL AND x.group_name IS NOT DISTINCT FROM o.group_name
        AND (x.at, x.id) > (o.at, o.id) AND x.at < now() - keep) END
    LIMIT portion));
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n = portion;
END $$;
COMMENT ON FUNCTION drop_old_configs(interval, int) IS
  'Internal: deletes a portion of the configurations that were replaced before their retention. '
  'True: there may be more.';
