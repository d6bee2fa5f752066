-- replaces: a0d7a432e25404aebbfbf60562429fda4701a49110beecda1f3e6342af5645d1
-- What brokers have to know: who may log in, who is to be kept out, which certificates are revoked.

-- Each of the questions below is asked every few seconds: its rows have an index of their own. None is by the status of a
-- credential: when a device first connects with it, which all do, its row would have to be written to every index anew.
CREATE INDEX device_denied ON device (device_id) WHERE generation > 0 AND state IN ('suspended', 'revoked', 'off', 'provisioning_requested');
CREATE INDEX device_access_changed ON device (access_changed_at) WHERE access_changed_at IS NOT NULL;
CREATE INDEX device_access_pending ON device (access_changed_at) WHERE broker_applied_at IS NULL AND access_changed_at IS NOT NULL;
CREATE INDEX credential_login ON credential ((device_id || '@' || generation::text)) WHERE type = 'password' AND ended_at IS NULL;
CREATE INDEX credential_revoked ON credential (not_after, revoked_at) WHERE type = 'x509' AND revoked_at IS NOT NULL;
