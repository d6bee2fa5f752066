-- A change of the fleet's configuration goes through the devices that are online before it goes
-- through all others, which get theirs when they connect.

ALTER TABLE config_change ADD COLUMN online_only boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN config_change.online_only IS
  'Whether it still goes through the devices that are online; after them it goes through all.';
COMMENT ON COLUMN config_change.after IS
  'In this round devices up to this id were looked at.';
