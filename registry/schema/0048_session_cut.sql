-- The end of the open sessions of devices that may not connect (docs/deploy.md).

ALTER TABLE access_entry ADD COLUMN cut_at timestamptz, ADD COLUMN ended_at timestamptz;
CREATE INDEX access_entry_cut ON access_entry (cut_at) WHERE cut_at IS NOT NULL;
COMMENT ON COLUMN access_entry.cut_at IS
  'An operator took access away, and the end of the device''s open session was not seen since. With '
  'broker_access.cut a service ends it from this time on; it moves the time while it does so.';
COMMENT ON COLUMN access_entry.ended_at IS
  'When the session''s end was seen, since an operator last took access away.';

ALTER TYPE applied_access ADD ATTRIBUTE goes_on boolean;
