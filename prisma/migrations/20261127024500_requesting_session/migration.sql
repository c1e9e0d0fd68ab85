-- AlterTable
ALTER TABLE "one_time_tokens" ADD COLUMN     "session_id" UUID;

-- AlterTable
ALTER TABLE "mail_outbox" ADD COLUMN     "session_id" UUID;
