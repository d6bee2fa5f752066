-- For the fleet page: the version of each replica that listens at the broker, the stuck devices of
-- a large registry, and an index for lists of devices.

ALTER TABLE broker_link ADD COLUMN service_version text;
COMMENT ON COLUMN broker_link.service_version IS
  'The version of the replica; empty: a row of the version before.';
ALTER TYPE link_life ADD ATTRIBUTE service_version text;

CREATE TABLE stuck_summary (device_id text COLLATE "C" PRIMARY KEY);
COMMENT ON TABLE stuck_summary IS
  'The devices that got stuck last, as summarize found them: for a registry in which that takes '
  'long.';
COMMENT ON COLUMN stuck_summary.device_id IS 'The device. It may have gone on since.';
