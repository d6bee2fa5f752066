CREATE OR REPLACE VIEW provisioning_funnel AS SELECT * FROM funnel('-infinity');
COMMENT ON VIEW provisioning_funnel IS
  'Of the devices that first asked on a day (UTC): how many registered, connected and became '
  'ready, and the seconds that took since the request. A reset device counts on the day it asks '
  'anew.';
