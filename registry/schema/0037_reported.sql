-- What nobody proved is kept apart from what a device proved: it shapes nothing that is signed.

ALTER TABLE device ADD COLUMN reported jsonb NOT NULL DEFAULT '{}';
-- The view takes over the comment of its table where it has none.
DO $$ BEGIN
  IF to_regclass('registry.devices') IS NOT NULL THEN
    COMMENT ON COLUMN devices.attributes IS NULL;
  END IF;
END $$;
COMMENT ON COLUMN device.attributes IS
  'Proved: what its accepted requests said about it (model, firmware_version and so on), if they '
  'were signed or its group trusts token_attributes. Configurations are filled from these. '
  'Untrusted text.';
COMMENT ON COLUMN device.reported IS
  'Said about it and not proved: the attributes of a ready, of a request with a token, and of one '
  'that waits for approval. The broker can forge them. Only shown. Untrusted text.';
-- What waits was not accepted.
UPDATE device SET reported = attributes, attributes = '{}'
  WHERE waiting_digest IS NOT NULL AND state = 'provisioning_requested' AND attributes <> '{}';

ALTER TABLE enrollment_group
  ADD COLUMN token_attributes text NOT NULL DEFAULT 'reported'
    CHECK (token_attributes IN ('reported', 'trusted'));
COMMENT ON COLUMN enrollment_group.token_attributes IS
  'Attributes of a request with a token, which the broker can edit. reported: they are only shown; '
  'trusted: they count as proved.';

-- Of a service of the version before it is NULL: its attributes count as proved.
ALTER TYPE decided_request ADD ATTRIBUTE reported jsonb;
CREATE TYPE request_facts_3 AS (
  i int, loaded_at bigint,
  origin text, group_name text, proof text, material bytea, secondary_material bytea,
  id_from text, enabled boolean,
  in_window boolean, id_matches boolean, admission text, listed boolean, may_reprovision boolean,
  credential_types text, lifetime_s bigint, unused_life_s bigint, sealing text, quota text,
  fleet_config text, group_config text, device_config text, wanted_endpoint text, layers bigint,
  state text, generation bigint, enrolled_by text, proof_key bytea, waiting_digest bytea,
  approved_digest bytea, rejected_digest bytea,
  config_version bigint, applied_config_version bigint, config_layers bigint, config_digest bytea,
  config_fault text, endpoint bytea, endpoint_given bytea,
  attributes text,
  same_generation bigint, same_type text, same_digest bytea, same_certificate bytea,
  same_salt bytea, same_master_key bytea, same_not_before bigint, same_not_after bigint,
  same_live boolean,
  newest_generation bigint, newest_type text, newest_not_before bigint, newest_not_after bigint,
  newest_live boolean,
  presented_certificate bytea, presented_status text, presented_sealing_key bytea,
  confirmed bigint, token_attributes text
);
COMMENT ON TYPE request_facts_3 IS 'Service: one row of load_requests_3.';
