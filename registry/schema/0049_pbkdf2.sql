-- For brokers that read PBKDF2 hashes only: mosquitto-go-auth.

ALTER TABLE credential ADD COLUMN pbkdf2 bytea;
COMMENT ON COLUMN credential.pbkdf2 IS
  'PBKDF2-HMAC-SHA256 of the password with the salt, one iteration, for brokers that read no other '
  'hash. Empty: a certificate, or a password that was issued before this column was there.';
ALTER TYPE decided_request ADD ATTRIBUTE pbkdf2 bytea;
