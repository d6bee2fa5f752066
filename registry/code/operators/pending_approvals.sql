CREATE OR REPLACE VIEW pending_approvals AS
  SELECT d.device_id::text, d.group_name::text, d.waiting_since, d.requested_at,
    d.reported AS attributes,
    encode(d.waiting_digest, 'hex') AS digest
  FROM device d WHERE d.waiting_digest IS NOT NULL AND d.state = 'provisioning_requested';
COMMENT ON VIEW pending_approvals IS
  'Devices with a valid proof that wait for an operator to call approve or reject.';
COMMENT ON COLUMN pending_approvals.digest IS
  'SHA-256 of what it asked for, hexadecimal. approve admits this request and no other.';
COMMENT ON COLUMN pending_approvals.attributes IS
  'What the request that waits says about the device. Nobody has verified it: untrusted text.';
