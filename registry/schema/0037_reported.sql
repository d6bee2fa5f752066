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
ALTER TYPE request_facts_2 ADD ATTRIBUTE token_attributes text;
