-- Which CA signed a certificate, and which statuses came late.

ALTER TABLE credential ADD COLUMN issuer bytea;
COMMENT ON COLUMN credential.issuer IS 'The key of the CA that signed the certificate: the first 8 bytes of SHA-256 over its SubjectPublicKeyInfo. Empty: a password, or written by a version that did not note it.';
ALTER TYPE decided_request ADD ATTRIBUTE issuer bytea;

ALTER TABLE presence ADD COLUMN ended_sessions bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN presence.ended_sessions IS 'The last eight sessions that others replaced, newest first, as hashtextextended of their names: none of them opens again.';
ALTER TYPE decided_status ADD ATTRIBUTE handed_over_at timestamptz;
