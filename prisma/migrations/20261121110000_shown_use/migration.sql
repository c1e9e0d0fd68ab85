-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "pending_seen_at" TIMESTAMPTZ(3);

-- By hand: what has been used until now may be shown in five minutes.
UPDATE "sessions" SET "pending_seen_at" = "seen_at";
ALTER TABLE "sessions" ALTER COLUMN "pending_seen_at" SET NOT NULL;
