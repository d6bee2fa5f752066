-- One catalogue of reasons: the ledger has ids of it and what is known besides, and every text is made of it.

CREATE TABLE reason (
  id     text COLLATE "C" PRIMARY KEY,
  text   text NOT NULL,
  advice text NOT NULL
);
COMMENT ON TABLE reason IS 'Why a request was refused or put off, and what can be done. latchkey db migrate fills it (registry/reason.cpp).';
COMMENT ON COLUMN reason.id IS 'As the ledger and the log have it.';
COMMENT ON COLUMN reason.text IS 'For people.';
COMMENT ON COLUMN reason.advice IS 'What can be done; {id} and {group} stand for the device and its group.';

ALTER TABLE attempt ADD COLUMN detail text;
COMMENT ON COLUMN attempt.reason IS 'The true reason, which the device was not told: its id in reason. What an older version wrote is a text.';
COMMENT ON COLUMN attempt.detail IS 'What is known besides the reason.';
ALTER TYPE decided_request ADD ATTRIBUTE detail text;
