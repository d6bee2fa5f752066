CREATE OR REPLACE VIEW suspected_clones AS
  SELECT s.device_id, s.sign, s.first_seen, s.last_seen, s.times, s.evidence, d.state,
    d.group_name::text
  FROM clone_sign s JOIN device d USING (device_id);
COMMENT ON VIEW suspected_clones IS
  'Signs that two devices share one identity, with the evidence. Nothing is refused because of '
  'them.';
