-- AlterTable
ALTER TABLE "users" ADD COLUMN     "locale" VARCHAR(8);

-- CreateTable
CREATE TABLE "one_time_tokens" (
    "token_hash" BYTEA NOT NULL,
    "purpose" VARCHAR(32) NOT NULL,
    "user_id" UUID NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "state_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "mail_outbox" (
    "id" UUID NOT NULL,
    "letter" VARCHAR(32) NOT NULL,
    "recipient" VARCHAR(254) NOT NULL,
    "user_id" UUID,
    "state_hash" BYTEA,
    "locale" VARCHAR(8) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "leased_by" UUID,
    "leased_until" TIMESTAMPTZ(3),
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "mail_outbox_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "one_time_tokens_user_id_idx" ON "one_time_tokens"("user_id");

-- CreateIndex
CREATE INDEX "one_time_tokens_expires_at_idx" ON "one_time_tokens"("expires_at");

-- CreateIndex
CREATE INDEX "mail_outbox_recipient_letter_idx" ON "mail_outbox"("recipient", "letter");

-- AddForeignKey
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand: what a column of bytes must hold.
ALTER TABLE "one_time_tokens"
  ADD CONSTRAINT "one_time_tokens_bytes_check" CHECK (octet_length("token_hash") = 32 AND octet_length("state_hash") = 32);
ALTER TABLE "mail_outbox"
  ADD CONSTRAINT "mail_outbox_bytes_check" CHECK (octet_length("state_hash") = 32),
  ADD CONSTRAINT "mail_outbox_lease_check" CHECK (("leased_by" IS NULL) = ("leased_until" IS NULL));

-- By hand: what waits is looked for every few seconds, and is mostly nothing; who holds a lease, with each mail.
CREATE INDEX "mail_outbox_waiting_idx" ON "mail_outbox"("next_attempt_at") WHERE "sent_at" IS NULL;
CREATE INDEX "mail_outbox_leased_idx" ON "mail_outbox"("leased_until") WHERE "leased_until" IS NOT NULL;
CREATE INDEX "mail_outbox_sent_idx" ON "mail_outbox"("sent_at") WHERE "sent_at" IS NOT NULL;
