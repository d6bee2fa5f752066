CREATE OR REPLACE FUNCTION summarize() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  today date := now() AT TIME ZONE 'UTC';
BEGIN
  PERFORM FROM turn WHERE work = 'summarize' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN; END IF;
  DELETE FROM stuck_summary;
  IF NOT lists_stuck_live() THEN
    INSERT INTO stuck_summary SELECT device_id FROM stuck_devices
      WHERE problem <> 'waits for approval' GROUP BY device_id ORDER BY max(since) DESC LIMIT 100;
  END IF;
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
  'Service: counts a large registry for fleet and provisioning_funnel, and finds its stuck devices '
  'for the fleet page, hourly. A small one is read at every query.';
