CREATE OR REPLACE VIEW provisioning_funnel AS SELECT * FROM funnel('-infinity');
COMMENT ON VIEW provisioning_funnel IS
  'A row for each day (UTC) on which devices asked for the first time: how many of them '
  'registered, connected and became ready, and how many seconds that took. A device that was '
  'reset counts on the day on which it asks again.';
