-- Individual enrolments that are disabled are few, and the service asks for them every few seconds.

CREATE INDEX enrollment_disabled ON enrollment (device_id) WHERE status = 'disabled';
