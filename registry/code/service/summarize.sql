CREATE OR REPLACE FUNCTION summarize() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  today date := now() AT TIME ZONE 'UTC';
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('latchkey summarize')) THEN RETURN; END IF;
  IF counts_live() THEN
    DELETE FROM fleet_summary;
    DELETE FROM funnel_summary;
    RETURN;
  END IF;
  -- Another replica may just have counted.
  IF EXISTS (SELECT FROM fleet_summary WHERE counted_at > now() - interval '30 minutes')
    THEN RETURN; END IF;
  DELETE FROM fleet_summary;
  INSERT INTO fleet_summary SELECT group_name, state, count(*), now() FROM device_state GROUP BY 1,
    2;
  -- The view counts the days that are not here.
  DELETE FROM funnel_summary WHERE day >= today - 7;
  INSERT INTO funnel_summary SELECT f.* FROM provisioning_funnel f WHERE f.day < today
    ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION summarize() IS
  'Service: counts a large registry for fleet and provisioning_funnel, hourly. A small one is '
  'counted at every query.';
