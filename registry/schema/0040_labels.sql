-- Labels that operators give to devices, and events that can be told apart.

-- No foreign key: a device that is enrolled and has not sent a request may have labels.
CREATE TABLE device_label (
  device_id device_id PRIMARY KEY,
  labels    jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object')
);
CREATE INDEX device_label_labels ON device_label USING gin (labels jsonb_path_ops);
COMMENT ON TABLE device_label IS
  'The labels of operators on devices. Neither devices nor the service read them.';
COMMENT ON COLUMN device_label.device_id IS
  'The device. It may be enrolled and not registered yet.';
COMMENT ON COLUMN device_label.labels IS 'Names and texts, for example {"site": "hall 3"}.';

-- A key for each event, so that a publication can send them and a reader can tell them apart.
CREATE SEQUENCE event_id;
COMMENT ON SEQUENCE event_id IS 'Numbers events: event.event_id.';
ALTER TABLE event ADD COLUMN event_id bigint NOT NULL DEFAULT nextval('event_id');
ALTER TABLE event ADD PRIMARY KEY (at, event_id);
COMMENT ON COLUMN event.event_id IS
  'A number of its own. Events that are written at once may get theirs in another order.';
