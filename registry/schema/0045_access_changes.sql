-- A broker that asks the service over HTTP: each service follows what these tables say.

ALTER TABLE access_entry ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
ALTER TABLE rights_entry ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
ALTER TABLE rights_set ADD COLUMN changed_in xid8 NOT NULL DEFAULT '0';
CREATE INDEX access_entry_changed ON access_entry (changed_in, device_id);
CREATE INDEX rights_entry_changed ON rights_entry (changed_in, device_id);
CREATE INDEX rights_set_changed ON rights_set (changed_in);
COMMENT ON COLUMN access_entry.changed_in IS
  'The transaction that wrote this version. load_access_changes finds by it what a snapshot does '
  'not have yet.';
COMMENT ON COLUMN rights_entry.changed_in IS 'As in access_entry.';
COMMENT ON COLUMN rights_set.changed_in IS 'As in access_entry.';
