-- The day of each device's last status, by which devices are found that were not seen for long.

ALTER TABLE presence ADD COLUMN seen_on date;
CREATE INDEX presence_seen_on ON presence (seen_on);
COMMENT ON COLUMN presence.seen_on IS
  'The day (UTC) of its last status; empty: a row that no status wrote since this column exists. '
  'Only the first status of a day changes the index.';
