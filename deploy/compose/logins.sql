-- Creates the database's owner and logins at the first start of PostgreSQL under docker-compose.yml, before `latchkey db
-- migrate`. The passwords are in files in the same folder.
\cd /docker-entrypoint-initdb.d
\set owner `cat owner.password`
\set latchkey `cat latchkey.password`
\set operator `cat operator.password`

-- The migrations grant rights to these roles. They are created here, so that the logins below can have them before the
-- first migration. The owner applies the migrations: it may grant the roles, and runs migrations as latchkey_owner.
CREATE ROLE latchkey_owner NOLOGIN;
CREATE ROLE latchkey_service NOLOGIN;
CREATE ROLE latchkey_admin NOLOGIN;
CREATE ROLE latchkey_ops NOLOGIN;
CREATE ROLE latchkey_reader NOLOGIN;

CREATE ROLE owner LOGIN CREATEROLE PASSWORD :'owner';
GRANT latchkey_owner, latchkey_service, latchkey_admin, latchkey_ops, latchkey_reader TO owner WITH ADMIN OPTION;
ALTER DATABASE latchkey OWNER TO owner;

CREATE ROLE latchkey LOGIN PASSWORD :'latchkey' IN ROLE latchkey_service;
CREATE ROLE operator LOGIN PASSWORD :'operator' IN ROLE latchkey_ops;
-- While a transaction is open, the devices that it has locked are not served.
ALTER ROLE operator SET idle_in_transaction_session_timeout = '5min';
