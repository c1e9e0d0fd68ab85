-- By hand: by their end instead of their id, so that a sign-in finds the live sessions of a user without reading those that
-- have expired and were never revoked, however many there are. No rotation changes one of these columns.
DROP INDEX "sessions_live_idx";
CREATE INDEX "sessions_live_idx" ON "sessions"("user_id", "expires_at") WHERE "revoked_at" IS NULL;
