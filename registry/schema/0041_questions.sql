-- What operators ask of a large registry: an index for each filter, and what the history lacked. And
-- what others must not be able to stop.

CREATE INDEX device_not_ready ON device (state, device_id) WHERE state <> 'ready';
CREATE INDEX device_attributes ON device USING gin (attributes jsonb_path_ops);
CREATE INDEX device_reported ON device USING gin (reported jsonb_path_ops) WHERE reported <> '{}';

-- Views show these in hexadecimal, and who has a certificate in a file has them so.
ALTER TABLE credential DROP CONSTRAINT credential_serial_key;
CREATE UNIQUE INDEX credential_serial ON credential (encode(serial, 'hex'));
CREATE INDEX credential_fingerprint ON credential USING hash (encode(fingerprint, 'hex'));
CREATE INDEX credential_issuer ON credential (encode(issuer, 'hex')) WHERE issuer IS NOT NULL;

ALTER TABLE device ADD COLUMN token_id text COLLATE "C";
COMMENT ON COLUMN device.token_id IS
  'The token that it registered with, as in tokens; empty: none, or one without a number of uses.';
UPDATE device SET token_id = substr(quota, 7) WHERE quota LIKE 'token:%';
CREATE INDEX device_token_id ON device (token_id) WHERE token_id IS NOT NULL;

-- So that a publication can send attempts. A batch that is run again after a doubtful commit brings
-- the same request twice.
ALTER TABLE attempt ADD PRIMARY KEY (tracking_id, received_at);
DROP INDEX attempt_tracking_id;
ALTER TABLE attempt ADD COLUMN generation bigint;
COMMENT ON COLUMN attempt.generation IS
  'The generation of the credential that it got; empty: none, or a row of the version before.';

-- Several people may use one login.
ALTER TABLE event ADD COLUMN person text DEFAULT nullif(current_setting('latchkey.actor', true), '');
COMMENT ON COLUMN event.person IS
  'Who acted by the login, as the session says by SET latchkey.actor; empty: it does not say.';
CREATE INDEX event_acts ON event (group_name, at)
  WHERE reason IS NOT NULL AND group_name IS NOT NULL;

CREATE TABLE config_history (
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  device_id  text COLLATE "C",
  group_name text COLLATE "C",
  config     jsonb NOT NULL,
  endpoint   jsonb,
  actor      text NOT NULL DEFAULT session_user,
  id         bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX config_history_device ON config_history (device_id, at) WHERE device_id IS NOT NULL;
CREATE INDEX config_history_group ON config_history (group_name, at) WHERE device_id IS NULL;
COMMENT ON TABLE config_history IS
  'The configurations that operators set, with the time from which each was in effect.';
COMMENT ON COLUMN config_history.at IS 'When it was set.';
COMMENT ON COLUMN config_history.device_id IS 'The device, if it is that of a device.';
COMMENT ON COLUMN config_history.group_name IS
  'The group, if it is that of a group; empty in both: that of the fleet.';
COMMENT ON COLUMN config_history.config IS 'The configuration.';
COMMENT ON COLUMN config_history.endpoint IS 'The endpoint; empty: none was set.';
COMMENT ON COLUMN config_history.actor IS 'The login that set it.';
COMMENT ON COLUMN config_history.id IS 'Its number.';
COMMENT ON SEQUENCE config_history_id_seq IS 'Numbers configurations: config_history.id.';
INSERT INTO config_history (config, endpoint) SELECT config, endpoint FROM fleet_config;
INSERT INTO config_history (group_name, config, endpoint)
  SELECT name, config, endpoint FROM enrollment_group;
INSERT INTO config_history (device_id, config) SELECT device_id, config FROM device_config;

-- Whoever may log in can hold any advisory lock, but may lock no row here.
CREATE TABLE turn (work text PRIMARY KEY);
INSERT INTO turn VALUES ('maintain'), ('partitions'), ('reseal'), ('summarize');
COMMENT ON TABLE turn IS 'A row for each work of which one must run at a time: who works locks it.';
COMMENT ON COLUMN turn.work IS 'Which.';

-- For rows of a month whose partition could not be created in time.
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;
COMMENT ON TABLE attempt_default IS 'attempt of months without a partition of their own.';
CREATE TABLE event_default PARTITION OF event DEFAULT;
COMMENT ON TABLE event_default IS 'event of months without a partition of their own.';

-- A publication FOR ALL TABLES would otherwise refuse the hourly count, which deletes its rows.
ALTER TABLE fleet_summary REPLICA IDENTITY FULL;
