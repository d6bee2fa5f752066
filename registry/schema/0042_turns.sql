-- Two devices with one identity at a broker that ends the older session: a connected says which
-- session came before.

ALTER TYPE decided_status ADD ATTRIBUTE previous text;

ALTER TABLE presence
  ADD COLUMN crossings int NOT NULL DEFAULT 0,
  ADD COLUMN opened int NOT NULL DEFAULT 0,
  ADD COLUMN opened_since timestamptz;
COMMENT ON COLUMN presence.previous_session IS
  'The name of the session that this one replaced without saying that it follows it. An honest '
  'device never uses a name again.';
COMMENT ON COLUMN presence.ended_sessions IS
  'The last eight sessions that another one replaced or named as the one before it, newest first, '
  'as hashtextextended of their names: none of them opens again.';
COMMENT ON COLUMN presence.crossings IS
  'Grows by four when a session follows one that another session had replaced, and falls by one '
  'when a session follows the one before it. From forty on it is a sign of a clone.';
COMMENT ON COLUMN presence.opened IS
  'Sessions that did not say which one they follow, within the current ten minutes.';
COMMENT ON COLUMN presence.opened_since IS 'When these ten minutes began.';

ALTER TABLE clone_sign DROP CONSTRAINT clone_sign_sign_check;
ALTER TABLE clone_sign ADD CONSTRAINT clone_sign_sign_check CHECK (sign IN
  ('key_came_back', 'key_at_two_devices', 'sessions_alternate', 'connects_often', 'asks_often'));
COMMENT ON COLUMN clone_sign.sign IS
  'key_came_back: its certificates had the keys A, B and A again; key_at_two_devices: another '
  'device has the same key; sessions_alternate: a session went on after another one had replaced '
  'it, again and again; connects_often: 200 sessions within ten minutes; asks_often: it used all '
  'the credentials that its group allows within an hour and asked for another one.';
COMMENT ON COLUMN clone_sign.evidence IS
  'What was seen last: the hash of the key and the generations or the other device, the sessions '
  'in turn, or how many there were.';

-- A configuration is sent into a session that somebody ended with a forged status.
ALTER TYPE status_key ADD ATTRIBUTE newest_session boolean;
