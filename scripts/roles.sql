-- Two roles for Askwell's database, by psql as a superuser or as whoever owns the database and may make roles:
--
--   psql -d askwell -v owner_password=... -v rows_password=... -f scripts/roles.sql
--
-- askwell_owner owns the schema: for `askwell migrate` and `askwell seed`. askwell_rows reads and writes rows and can change nothing else:
-- for `askwell serve`, `askwell work` and all other commands. It may run again at any time; what an older version made changes hands.
\set ON_ERROR_STOP on
BEGIN;
SELECT 'CREATE ROLE askwell_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'askwell_owner') \gexec
SELECT 'CREATE ROLE askwell_rows LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'askwell_rows') \gexec
ALTER ROLE askwell_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
ALTER ROLE askwell_rows LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'rows_password';

SELECT format('GRANT CONNECT, CREATE, TEMPORARY ON DATABASE %I TO askwell_owner', current_database()) \gexec
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO askwell_rows', current_database()) \gexec
GRANT USAGE, CREATE ON SCHEMA public TO askwell_owner;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO askwell_rows;

-- What is there already changes hands. Sequences of identity columns follow their tables.
SELECT format('ALTER TABLE %I.%I OWNER TO askwell_owner', schemaname, tablename)
FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'askwell_owner' \gexec
SELECT format('ALTER VIEW %I.%I OWNER TO askwell_owner', schemaname, viewname)
FROM pg_views WHERE schemaname = 'public' AND viewowner <> 'askwell_owner' \gexec
SELECT format('ALTER ROUTINE %s OWNER TO askwell_owner', p.oid::regprocedure)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = 'public' AND p.proowner <> 'askwell_owner'::regrole
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') \gexec

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO askwell_rows;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO askwell_rows;
ALTER DEFAULT PRIVILEGES FOR ROLE askwell_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO askwell_rows;
ALTER DEFAULT PRIVILEGES FOR ROLE askwell_owner IN SCHEMA public GRANT USAGE ON SEQUENCES TO askwell_rows;
COMMIT;
