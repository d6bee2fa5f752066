-- The database's owner and logins, on the first start of PostgreSQL under docker-compose.yml, before `latchkey db migrate`.
-- The passwords come from the files beside this one.
\cd /docker-entrypoint-initdb.d
\set owner `cat owner.password`
\set latchkey `cat latchkey.password`
\set operator `cat operator.password`

-- The roles that the migrations give rights to. They are made here, for then nobody has to come back after the
-- migrations to give them to the logins. Who applies the migrations passes them on, and acts as the first.
CREATE ROLE latchkey_owner NOLOGIN;
CREATE ROLE latchkey_service NOLOGIN;
CREATE ROLE latchkey_ops NOLOGIN;
CREATE ROLE latchkey_reader NOLOGIN;

CREATE ROLE owner LOGIN CREATEROLE PASSWORD :'owner';
GRANT latchkey_owner, latchkey_service, latchkey_ops, latchkey_reader TO owner WITH ADMIN OPTION;
ALTER DATABASE latchkey OWNER TO owner;

CREATE ROLE latchkey LOGIN PASSWORD :'latchkey' IN ROLE latchkey_service;
CREATE ROLE operator LOGIN PASSWORD :'operator' IN ROLE latchkey_ops;
-- What a forgotten transaction has locked is put off until it ends.
ALTER ROLE operator SET idle_in_transaction_session_timeout = '5min';
