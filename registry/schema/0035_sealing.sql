-- Configurations are sealed wherever the device can open them.

ALTER TABLE enrollment_group
  ADD COLUMN sealing text NOT NULL DEFAULT 'possible'
    CHECK (sealing IN ('possible', 'always', 'never')),
  ADD COLUMN retired_at timestamptz,
  ADD COLUMN retired_before timestamptz;
UPDATE enrollment_group SET sealing = 'always' WHERE seal_config;
COMMENT ON COLUMN enrollment_group.sealing IS
  'Which configurations are encrypted for the device. possible: wherever the device can open them; '
  'always: all, and a device that cannot open them is refused; never: none. Passwords always are.';
COMMENT ON COLUMN enrollment_group.seal_config IS
  'Of the version before: sealing has its value. Nothing reads it.';
COMMENT ON COLUMN enrollment_group.retired_at IS
  'When retire_group_key last ended a symmetric key; empty: never.';
COMMENT ON COLUMN enrollment_group.retired_before IS
  'What devices proved by the group''s key before this time, they proved by one that has ended.';

-- NOT VALID: no row has one yet, and the table is long.
ALTER TABLE credential ADD COLUMN sealing_key bytea;
ALTER TABLE credential ADD CONSTRAINT credential_sealing_key_check
  CHECK (octet_length(sealing_key) IN (8, 64)) NOT VALID;
COMMENT ON COLUMN credential.sealing_key IS
  'What its configurations are sealed under: an encryption key (P-256, x and y), or the id of the '
  'symmetric key that the device proved. A renewal without an encryption key takes over that of '
  'the certificate that it is signed under. Empty: none, or written by the version before.';
COMMENT ON COLUMN credential.encryption_key IS
  'The encryption key of sealing_key, for services of the version before.';

ALTER TYPE decided_request ADD ATTRIBUTE sealing_key bytea;
CREATE TYPE request_facts_2 AS (
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
  confirmed bigint
);
COMMENT ON TYPE request_facts_2 IS 'Service: one row of load_requests_2.';

-- The code pass makes it anew: seal_config gives way to sealing.
DROP VIEW IF EXISTS groups;
