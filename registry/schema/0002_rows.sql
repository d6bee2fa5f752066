-- replaces: e0c2f961f83f7bed514455a0b48c98855a4fbfd162854d04e850d995c9d12f29
-- The rows that the service's calls take and give.

CREATE TYPE request_facts AS (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea, id_from text, enabled boolean,
  in_window boolean, id_matches boolean, admission text, listed boolean, may_reprovision boolean,
  credential_types text, lifetime_s bigint, unused_life_s bigint, seal_config boolean, quota text,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text, proof_key bytea, waiting_digest bytea, approved_digest bytea, rejected_digest bytea,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  same_generation bigint, same_type text, same_digest bytea, same_certificate bytea, same_salt bytea, same_master_key bytea,
  same_not_before bigint, same_not_after bigint, same_live boolean,
  newest_generation bigint, newest_type text, newest_not_before bigint, newest_not_after bigint, newest_live boolean,
  presented_certificate bytea, presented_status text
);
COMMENT ON TYPE request_facts IS 'Service: one row of load_requests.';

CREATE TYPE decided_request AS (
  i int, device_id text, tracking_id uuid, received_at timestamptz, decision text, code text, reason text, group_name text, counted boolean,
  expected bigint, to_registered boolean, enrolled_by text, proof_key bytea, quota text, attributes jsonb,
  type text, request_id text, digest bytea, serial bytea, certificate bytea, fingerprint bytea, key_fingerprint bytea,
  salt bytea, master_key bytea, password_hash bytea, encryption_key bytea, signed_by text, answer_key bytea,
  not_before timestamptz, not_after timestamptz, use_by timestamptz, repeated bigint,
  version_from bigint, layers_from bigint, config_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE decided_request IS 'Service: one row of commit_requests.';

CREATE TYPE decided_status AS (
  i int, device_id text, kind text, session text, generation bigint, config_version bigint, attributes jsonb, failure text,
  expected text, next text,
  version_from bigint, layers_from bigint, new_version bigint, config_layers bigint, config_digest bytea, config_fault text, endpoint bytea
);
COMMENT ON TYPE decided_status IS 'Service: one row of commit_statuses.';
