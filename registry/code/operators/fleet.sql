CREATE OR REPLACE VIEW fleet AS
  SELECT group_name, state, count(*) AS devices, now() AS counted_at FROM device_state
    WHERE (SELECT counts_live() OR NOT EXISTS (SELECT FROM fleet_summary)) GROUP BY 1, 2
  UNION ALL
  SELECT group_name, state, devices, counted_at FROM fleet_summary WHERE (SELECT NOT counts_live());
COMMENT ON VIEW fleet IS
  'How many devices of each group are in each state, and when that was counted: now, or in a large '
  'registry (256 MiB of devices) within the last hour.';
