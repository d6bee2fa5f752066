CREATE OR REPLACE VIEW mqtt_user AS
  SELECT c.device_id || '@' || c.generation::text AS username,
    encode(c.password_hash, 'hex') AS password_hash, encode(c.salt, 'hex') AS salt,
         false AS is_superuser, c.issued_at AS created,
    'PBKDF2$sha256$1$' || encode(c.salt, 'base64') || '$' || encode(c.pbkdf2, 'base64') AS pbkdf2
  FROM credential c JOIN device d ON d.device_id = c.device_id
  WHERE c.type = 'password' AND c.password_hash IS NOT NULL AND c.ended_at IS NULL
    AND is_live(c, now())
    AND d.state NOT IN ('suspended', 'revoked')
    AND NOT EXISTS (SELECT FROM enrollment e WHERE e.device_id = d.device_id
      AND e.status = 'disabled')
    AND NOT EXISTS (SELECT FROM enrollment_group g WHERE g.name = d.group_name
      AND g.status = 'disabled' AND d.enrolled_by = 'group:' || g.name);
COMMENT ON VIEW mqtt_user IS
  'The passwords that are valid now, for a broker that reads logins from the database, in the '
  'form of EMQX''s PostgreSQL authenticator.';
COMMENT ON COLUMN mqtt_user.username IS
  'The device''s id, @ and the generation. No device id has an @.';
COMMENT ON COLUMN mqtt_user.password_hash IS
  'SHA-256 of the password followed by the salt (password_hash_algorithm sha256, salt_position '
  'suffix), hexadecimal.';
COMMENT ON COLUMN mqtt_user.salt IS 'The salt, hexadecimal; its text is what is hashed.';
COMMENT ON COLUMN mqtt_user.is_superuser IS 'Always false: mqtt_acl does not bind a superuser.';
COMMENT ON COLUMN mqtt_user.created IS 'When the password was issued.';
COMMENT ON COLUMN mqtt_user.pbkdf2 IS
  'The same password as PBKDF2 in the form that mosquitto-go-auth reads (salt in Base64). Empty: '
  'it was issued before the registry kept this.';
