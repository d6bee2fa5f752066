-- What the gate at the broker must be told (docs/gate.md).

CREATE SEQUENCE access_version;
COMMENT ON SEQUENCE access_version IS
  'Orders the changes of a device''s access: access_entry.version.';

-- A commit takes the next version of a device while it has locked the device's row here. So the
-- greater version is the newer one, in whatever order the commits end.
CREATE TABLE access_entry (
  device_id text COLLATE "C" PRIMARY KEY REFERENCES device,
  version bigint NOT NULL,
  untold smallint NOT NULL CHECK (untold BETWEEN 0 AND 2)
) WITH (fillfactor = 50);
CREATE INDEX access_entry_untold ON access_entry (untold DESC, version) WHERE untold > 0;
COMMENT ON TABLE access_entry IS
  'The devices whose access the gate at the broker must know: those that have or had a password, a '
  'denial or a denied certificate.';
COMMENT ON COLUMN access_entry.device_id IS 'The device.';
COMMENT ON COLUMN access_entry.version IS 'Grows with each change of its access.';
COMMENT ON COLUMN access_entry.untold IS
  '0: the gate was told this version. 1: it was not yet. 2: it was not yet, and an operator took '
  'access away. Without a gate it stays 1 or 2.';

ALTER TABLE setting
  ADD COLUMN access_epoch bigint NOT NULL DEFAULT extract(epoch FROM now())::bigint;
COMMENT ON TABLE setting IS
  'How long the registry keeps its history (empty: for ever), and other settings; one row.';
COMMENT ON COLUMN setting.access_epoch IS
  'Versions of access can be compared within an epoch only. restored begins a new epoch with a '
  'number that was never used, because it is at least the time.';

ALTER TYPE applied_access ADD ATTRIBUTE version bigint;

-- All count as told, because a gate that does not have this epoch is sent a snapshot.
INSERT INTO access_entry (device_id, version, untold)
  SELECT q.device_id, nextval('access_version'), 0 FROM (
    SELECT d.device_id FROM device d
      WHERE d.generation > 0
        AND d.state IN ('suspended', 'revoked', 'off', 'provisioning_requested')
    UNION SELECT d.device_id FROM enrollment_group g JOIN device d ON d.group_name = g.name
      WHERE g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name AND d.generation > 0
    UNION SELECT d.device_id FROM enrollment e JOIN device d ON d.device_id = e.device_id
      WHERE e.status = 'disabled' AND d.generation > 0
    UNION SELECT c.device_id FROM credential c
      WHERE c.type = 'password' AND c.ended_at IS NULL
        OR c.type = 'x509' AND c.revoked_at IS NOT NULL AND c.not_after > now()
    UNION SELECT d.device_id FROM enrollment_group g JOIN device d ON d.group_name = g.name
      JOIN credential c ON c.device_id = d.device_id
      WHERE g.revoke_retired AND c.type = 'x509' AND c.status = 'retired' AND c.not_after > now()) q
  ORDER BY q.device_id COLLATE "C";
