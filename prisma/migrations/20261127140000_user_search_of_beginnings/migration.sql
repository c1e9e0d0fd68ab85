-- By hand, because Prisma's schema has no expressions: texts of one or two characters are searched at the beginning of the
-- address or the name.
CREATE INDEX "users_email_prefix_idx" ON "users"(lower("email") text_pattern_ops);
CREATE INDEX "users_name_prefix_idx" ON "users"(lower("name") text_pattern_ops);

-- By hand: in a database whose LC_CTYPE is C, as the embedded one, trigrams leave out every letter outside ASCII, and two Korean
-- syllables have no trigram anywhere. Those of the bytes in hexadecimal do. Without pg_trgm the search reads the whole table.
DO $$
DECLARE
  operators text;
BEGIN
  SELECT format('%I.gin_trgm_ops', namespace.nspname) INTO operators
  FROM pg_extension extension JOIN pg_namespace namespace ON namespace.oid = extension.extnamespace
  WHERE extension.extname = 'pg_trgm';
  IF operators IS NOT NULL THEN
    EXECUTE format($sql$CREATE INDEX users_name_bytes_search_idx
      ON users USING gin (encode(replace(lower(name), '\', '\\')::bytea, 'hex') %s)
      WHERE octet_length(name) <> char_length(name)$sql$, operators);
  END IF;
END
$$;
