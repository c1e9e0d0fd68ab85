-- DropIndex
DROP INDEX "sessions_client_id_idx";

-- By hand: indexes of a part of the rows. Lists, sign-ins and the end of all sessions of a user or a client read live rows
-- alone, however many have ended; the oldest ended ones of a user are found without reading the others. No rotation changes
-- one of these columns, so rotations stay heap-only.
CREATE INDEX "sessions_live_idx" ON "sessions"("user_id", "id") WHERE "revoked_at" IS NULL;
CREATE INDEX "sessions_live_client_id_idx" ON "sessions"("client_id") WHERE "revoked_at" IS NULL;
CREATE INDEX "sessions_ended_idx" ON "sessions"("user_id", "revoked_at") WHERE "revoked_at" IS NOT NULL;
