-- replaces: 51b778384455e8e1a124734654db90caca19d9a5996ecd6661d895a28805eb3c
-- Running a fleet: what of it to see at a glance, enrolment in bulk, tokens, the end of a device, and what keeps the
-- database from growing for ever.

-- Settings and retention
CREATE TABLE setting (
  one               boolean PRIMARY KEY DEFAULT true CHECK (one),
  keep_attempts     interval DEFAULT '13 months' CHECK (keep_attempts >= '1 month'),
  keep_events       interval CHECK (keep_events >= '1 month'),
  keep_counts       interval DEFAULT '13 months' CHECK (keep_counts >= '1 month'),
  keep_clone_signs  interval DEFAULT '13 months' CHECK (keep_clone_signs >= '1 month'),
  keep_certificates interval DEFAULT '13 months' CHECK (keep_certificates >= '1 month'),
  count_live_below  bigint NOT NULL DEFAULT 268435456
);
INSERT INTO setting DEFAULT VALUES;
COMMENT ON TABLE setting IS 'One row: how long what is kept. Empty: for ever.';
COMMENT ON COLUMN setting.one IS 'There is one row.';
COMMENT ON COLUMN setting.keep_attempts IS 'The ledger, by whole months.';
COMMENT ON COLUMN setting.keep_events IS 'The audit trail, by whole months.';
COMMENT ON COLUMN setting.keep_counts IS 'What the ledger only counted.';
COMMENT ON COLUMN setting.keep_clone_signs IS 'Signs of clones, since they were last seen.';
COMMENT ON COLUMN setting.keep_certificates IS 'Certificates after the end of their validity. Their generation, request_id and serial stay.';
COMMENT ON COLUMN setting.count_live_below IS 'Bytes of device and enrollment below which fleet and provisioning_funnel count when they are read.';

-- By what never changes, so that a credential that comes into use still fits into its place without touching an index.
CREATE INDEX credential_not_after ON credential (not_after) WHERE erased_at IS NULL;
CREATE INDEX attempt_refused ON attempt (received_at) WHERE decision IN ('rejected', 'retry');

-- Counting ten million devices takes seconds. So small fleets are counted when somebody looks, large ones hourly.
CREATE TABLE fleet_summary (
  group_name text COLLATE "C",
  state      text NOT NULL,
  devices    bigint NOT NULL,
  counted_at timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (group_name, state)
);
COMMENT ON TABLE fleet_summary IS 'What fleet shows of a large registry, as summarize counted it.';
COMMENT ON COLUMN fleet_summary.group_name IS 'The group; empty: devices without one.';
COMMENT ON COLUMN fleet_summary.state IS 'The state.';
COMMENT ON COLUMN fleet_summary.devices IS 'How many.';
COMMENT ON COLUMN fleet_summary.counted_at IS 'When they were counted.';
CREATE INDEX device_requested_at ON device (requested_at) WHERE requested_at IS NOT NULL;

CREATE TABLE funnel_summary (
  day              date PRIMARY KEY,
  requested        bigint NOT NULL,
  registered       bigint NOT NULL,
  connected        bigint NOT NULL,
  ready            bigint NOT NULL,
  registered_p50_s double precision,
  registered_p95_s double precision,
  connected_p50_s  double precision,
  connected_p95_s  double precision,
  ready_p50_s      double precision,
  ready_p95_s      double precision,
  counted_at       timestamptz NOT NULL
);
COMMENT ON TABLE funnel_summary IS 'What provisioning_funnel shows of past days in a large registry, as summarize counted it. A day is counted again for a week.';
COMMENT ON COLUMN funnel_summary.day IS 'The day (UTC) of the first request.';
COMMENT ON COLUMN funnel_summary.requested IS 'Devices that first asked on that day.';
COMMENT ON COLUMN funnel_summary.registered IS 'Of these: registered.';
COMMENT ON COLUMN funnel_summary.connected IS 'Of these: connected.';
COMMENT ON COLUMN funnel_summary.ready IS 'Of these: ready.';
COMMENT ON COLUMN funnel_summary.registered_p50_s IS 'Seconds from the request to the registration: half took no longer.';
COMMENT ON COLUMN funnel_summary.registered_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.connected_p50_s IS 'Seconds from the request to the first connection: half took no longer.';
COMMENT ON COLUMN funnel_summary.connected_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.ready_p50_s IS 'Seconds from the request to ready: half took no longer.';
COMMENT ON COLUMN funnel_summary.ready_p95_s IS 'Of a hundred, 95 took no longer.';
COMMENT ON COLUMN funnel_summary.counted_at IS 'When it was counted.';
