-- What one party can make grow: new credentials of a device, and devices that wait for approval.

ALTER TABLE enrollment_group
  ADD COLUMN credentials_per_hour int NOT NULL DEFAULT 10 CHECK (credentials_per_hour BETWEEN 1 AND 1000000);
COMMENT ON COLUMN enrollment_group.credentials_per_hour IS 'New credentials that a registered device may get within any hour, or three for each lifetime_s in it if that is more.';

ALTER TABLE setting ADD COLUMN keep_waiting interval DEFAULT '1 month' CHECK (keep_waiting >= '1 month');
COMMENT ON COLUMN setting.keep_waiting IS 'Devices that wait for approval and were never registered.';
COMMENT ON COLUMN setting.keep_certificates IS 'Credentials after the end of their validity: of a device''s newest the row stays, and its certificate and keys go.';
COMMENT ON TABLE credential IS 'The credentials that were given out, until retention lets them go. No secret: a certificate is public, a password is derived and not kept.';
COMMENT ON COLUMN credential.request_id IS 'The request that got it; used for as long as the row stays.';
COMMENT ON COLUMN credential.erased_at IS 'When its certificate and keys were erased, by retention or forget, while the row stays.';

-- How many wait in a group is counted whenever a newcomer begins to.
CREATE INDEX device_waiting_newcomer ON device (group_name) WHERE waiting_digest IS NOT NULL AND generation = 0;
COMMENT ON TABLE attempt_count IS 'Requests beyond what the ledger keeps one by one: a flood of them is counted, so that it cannot fill the disk.';
COMMENT ON COLUMN attempt_count.code IS 'The code in the answer; where it has none, the decision: challenge, repeated or pending.';
