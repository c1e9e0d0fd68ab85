-- By hand: admins search users by a part of the address or the name, which only an index of trigrams can serve. The extension
-- is trusted since PostgreSQL 13, so the owner of the database may create it. Where it is missing or forbidden, the search
-- works as before and reads the whole table. It may be in any schema, so the operator class is named with its own.
DO $$
DECLARE
  operators text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION
    WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
      RAISE NOTICE 'pg_trgm is not available: the search for users reads the whole table. %', SQLERRM;
  END;
  SELECT format('%I.gin_trgm_ops', namespace.nspname) INTO operators
  FROM pg_extension extension JOIN pg_namespace namespace ON namespace.oid = extension.extnamespace
  WHERE extension.extname = 'pg_trgm';
  IF operators IS NOT NULL THEN
    EXECUTE format('CREATE INDEX users_email_search_idx ON users USING gin (email %s)', operators);
    EXECUTE format('CREATE INDEX users_name_search_idx ON users USING gin (name %s)', operators);
  END IF;
END
$$;
