CREATE OR REPLACE VIEW pending_approvals AS
  SELECT d.device_id::text, d.group_name::text, d.waiting_since, d.requested_at, d.attributes,
    encode(d.waiting_digest, 'hex') AS digest
  FROM device d WHERE d.waiting_digest IS NOT NULL AND d.state = 'provisioning_requested';
COMMENT ON VIEW pending_approvals IS
  'Devices with a valid proof that wait for an operator: approve(device_id) or reject(device_id, '
  'reason). digest names what they asked for: approve admits this and nothing else.';
COMMENT ON COLUMN pending_approvals.digest IS
  'What it asked for, hexadecimal: approve admits this and nothing else.';
