-- replaces: ebe0848e490ca216cebd86711a9d36c8cc44014f76c3425a15d4fb2ecf44ce0f
-- What devices are configured with, and how a change reaches them: operators change a layer, the service works out
-- per device what that means and sends it. Also: who is there, and word to devices whose approval was decided.

CREATE TABLE config_change (
  scope text COLLATE "C" PRIMARY KEY,
  after text COLLATE "C" NOT NULL DEFAULT ''
);
COMMENT ON TABLE config_change IS 'Changes of a group''s or the fleet''s configuration on their way through its devices. Empty: each device was looked at.';
COMMENT ON COLUMN config_change.scope IS 'The group; empty: the fleet.';
COMMENT ON COLUMN config_change.after IS 'Devices up to this id were looked at.';

CREATE TABLE config_due (
  device_id text COLLATE "C" PRIMARY KEY REFERENCES device,
  due_at    timestamptz NOT NULL DEFAULT now(),
  tries     int NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
CREATE INDEX config_due_at ON config_due (due_at);
COMMENT ON TABLE config_due IS 'Devices whose configuration has to be worked out anew, or was sent and is not acknowledged yet.';
COMMENT ON COLUMN config_due.device_id IS 'Whose.';
COMMENT ON COLUMN config_due.due_at IS 'When a replica takes it up: at once, or again after it was taken up.';
COMMENT ON COLUMN config_due.tries IS 'How often it was taken up.';

CREATE TABLE nudge (
  device_id  text COLLATE "C" PRIMARY KEY REFERENCES device,
  request_id text COLLATE "C" NOT NULL CHECK (request_id ~ '^[A-Za-z0-9_-]{16,64}$'),
  signed_by  text NOT NULL CHECK (signed_by IN ('device_key', 'service')),
  answer_key bytea CHECK (octet_length(answer_key) = 8),
  settled_at timestamptz
);
CREATE INDEX nudge_settled ON nudge (settled_at) WHERE settled_at IS NOT NULL;
COMMENT ON TABLE nudge IS 'Requests that wait for approval, and how to tell their devices to ask again.';
COMMENT ON COLUMN nudge.device_id IS 'Whose request.';
COMMENT ON COLUMN nudge.request_id IS 'The last one with the digest that waits.';
COMMENT ON COLUMN nudge.signed_by IS 'How an answer to it is signed: under the device''s key or by the service.';
COMMENT ON COLUMN nudge.answer_key IS 'The id of the device''s key that signs.';
COMMENT ON COLUMN nudge.settled_at IS 'When an operator decided: from then on the service tells the device.';

CREATE TYPE worked_out_config AS (
  i int, device_id text, session text, waits boolean,
  version_from bigint, layers_from bigint, new_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE worked_out_config IS 'Service: one row of commit_configs.';
