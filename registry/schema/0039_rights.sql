-- Rights: the topics beyond the protocol's own that devices may publish and subscribe to.

ALTER TABLE setting
  ADD COLUMN provisioning_root text NOT NULL DEFAULT 'provisioning/v1',
  ADD COLUMN devices_root text NOT NULL DEFAULT 'devices';
COMMENT ON COLUMN setting.provisioning_root IS
  'mqtt.provisioning_root of the service that started last: no right may reach a topic below it.';
COMMENT ON COLUMN setting.devices_root IS
  'mqtt.devices_root of the service that started last: no right may reach a topic below it.';

ALTER TABLE fleet_config ADD COLUMN rights jsonb;
COMMENT ON COLUMN fleet_config.rights IS
  'What every device may publish and subscribe to, unless its group has rights of its own: topic '
  'templates. Empty: nothing beyond the protocol.';
ALTER TABLE enrollment_group ADD COLUMN rights jsonb;
COMMENT ON COLUMN enrollment_group.rights IS
  'What its devices may publish and subscribe to, in place of the fleet''s rights. Empty: those of '
  'the fleet.';

-- A row for each group from the first rights on. Before, nobody looks here.
CREATE TABLE rights_set (
  group_name text COLLATE "C" PRIMARY KEY,
  rights jsonb NOT NULL,
  source text CHECK (source IN ('fleet', 'group')),
  version bigint NOT NULL,
  untold boolean NOT NULL
);
CREATE INDEX rights_set_untold ON rights_set (group_name) WHERE untold;
COMMENT ON TABLE rights_set IS
  'The rights of the devices of each group, worked out. No rows: no rights were ever set.';
COMMENT ON COLUMN rights_set.group_name IS 'The group; '''': the devices without a group.';
COMMENT ON COLUMN rights_set.rights IS
  'publish and subscribe, each a list of topic filters in which only ${device_id} is left open.';
COMMENT ON COLUMN rights_set.source IS
  'Whose rights they are, fleet or group; empty: there are none.';
COMMENT ON COLUMN rights_set.version IS 'Grows with each change; from access_version.';
COMMENT ON COLUMN rights_set.untold IS
  'Whether the broker''s gate was not told this version yet. Without a gate it stays true.';

CREATE TABLE rights_entry (
  device_id text COLLATE "C" PRIMARY KEY REFERENCES device,
  group_name text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  untold boolean NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX rights_entry_untold ON rights_entry (version) WHERE untold;
COMMENT ON TABLE rights_entry IS
  'Which rights the broker''s gate knows a device to have. A device gets its row when it connects.';
COMMENT ON COLUMN rights_entry.device_id IS 'The device.';
COMMENT ON COLUMN rights_entry.group_name IS 'The group of rights_set.';
COMMENT ON COLUMN rights_entry.version IS 'Grows with each change; from access_version.';
COMMENT ON COLUMN rights_entry.untold IS 'Whether the gate was not told this version yet.';

CREATE TYPE told_rights AS (i int, device_id text, group_name text, version bigint);
COMMENT ON TYPE told_rights IS 'Service: one row of rights_told.';
ALTER TYPE request_facts_2 ADD ATTRIBUTE wanted_rights text;
-- The code pass makes these anew, with further columns.
DROP FUNCTION IF EXISTS load_statuses_2(jsonb);
DROP FUNCTION IF EXISTS load_gate_access(jsonb);
DROP FUNCTION IF EXISTS page_device_2(jsonb);
