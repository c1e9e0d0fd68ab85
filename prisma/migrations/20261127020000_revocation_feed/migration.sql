-- AlterTable
ALTER TABLE "revocations" ADD COLUMN     "kid" VARCHAR(64),
ADD COLUMN     "position" BIGINT;

-- CreateIndex
CREATE UNIQUE INDEX "revocations_position_key" ON "revocations"("position");

-- Written by hand from here on: what schema.prisma cannot say.
ALTER TABLE "revocations" DROP CONSTRAINT "revocations_one_kind";
ALTER TABLE "revocations"
    ADD CONSTRAINT "revocations_one_kind" CHECK (num_nonnulls("session_id", "min_epoch", "client_id", "kid") = 1);

CREATE SEQUENCE "revocations_position_seq" OWNED BY "revocations"."position";
UPDATE "revocations" SET "position" = numbered."position"
FROM (SELECT "id", nextval('"revocations_position_seq"') AS "position" FROM (SELECT "id" FROM "revocations" ORDER BY "id") ordered) numbered
WHERE numbered."id" = "revocations"."id";

-- Numbers the rows of a transaction at its commit and notifies every instance. The lock is held until the commit is visible,
-- so positions ascend in the order of commits: a reader that has seen a position has seen all lower ones. Rows of an earlier
-- version, which knows nothing of positions, are numbered too.
CREATE FUNCTION "pawl_publish_revocations"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waiting bigint;
    message text;
BEGIN
    EXECUTE format('SELECT count(*) FROM %I.revocations WHERE id = $1 AND position IS NULL', TG_TABLE_SCHEMA)
        INTO waiting USING NEW.id;
    -- The first row of the transaction has numbered them all.
    IF waiting = 0 THEN
        RETURN NULL;
    END IF;
    -- `revocationOrder` in src/database/advisory-locks.ts.
    PERFORM pg_advisory_xact_lock(x'7061776c0f'::bigint);
    -- A payload holds less than 8,000 bytes, and an entry takes up to 240. Beyond 30, instances read the table.
    EXECUTE format(
        'WITH numbered AS (
             UPDATE %1$I.revocations SET position = nextval(%2$L::regclass) WHERE position IS NULL RETURNING *)
         SELECT CASE WHEN count(*) > 30 THEN ''read'' ELSE json_agg(json_strip_nulls(json_build_object(
             ''position'', position, ''userId'', user_id, ''sessionId'', session_id, ''minEpoch'', min_epoch,
             ''clientId'', client_id, ''kid'', kid,
             ''atMs'', floor(extract(epoch FROM revoked_at) * 1000)::bigint)) ORDER BY position)::text END
         FROM numbered',
        TG_TABLE_SCHEMA, format('%I.revocations_position_seq', TG_TABLE_SCHEMA))
        INTO message;
    PERFORM pg_notify('pawl_revocations', message);
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER "revocations_publish" AFTER INSERT ON "revocations"
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "pawl_publish_revocations"();
