-- By hand: sign-ins no longer look for the oldest ended sessions of their user, which was the one use of this index. The
-- clean-up deletes them, and walks the primary key.
DROP INDEX IF EXISTS "sessions_ended_idx";
