CREATE OR REPLACE VIEW reasons AS SELECT id, text, advice FROM reason;
COMMENT ON VIEW reasons IS
  'Every reason that attempts and the log can name, and what an operator can do about it.';
