-- PostgreSQL writes a row to all its indexes again when a column changes that one of them names,
-- in its condition too (docs/decisions/0033). A renewal changes a device's generation and ends the
-- credential before: no index names these any more.

-- Devices that an operator acted on are found by device_access_changed instead. Rows of a version
-- that did not note the act yet:
UPDATE device SET access_changed_at = coalesce(acted_at, now()),
    broker_applied_at = coalesce(broker_applied_at, acted_at, now())
  WHERE generation > 0 AND access_changed_at IS NULL
    AND state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
DROP INDEX device_denied;

CREATE INDEX device_waiting_in_group ON device (group_name) WHERE waiting_digest IS NOT NULL;
DROP INDEX device_waiting_newcomer;

-- With the passwords that have ended: a login is looked up by its whole name, so they cost nothing
-- but their space.
CREATE INDEX credential_username ON credential ((device_id || '@' || generation::text))
  WHERE type = 'password';
DROP INDEX credential_login;
