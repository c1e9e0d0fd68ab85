-- CreateTable
CREATE TABLE "audit_events" (
    "id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "event" VARCHAR(64) NOT NULL,
    "actor_user_id" UUID,
    "actor_client_id" VARCHAR(64),
    "subject_user_id" UUID,
    "subject_client_id" VARCHAR(64),
    "session_id" UUID,
    "ip" VARCHAR(45),
    "details" JSONB,
    "batch_id" BIGINT,

    CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_batches" (
    "id" BIGINT NOT NULL,
    "event_count" INTEGER NOT NULL,
    "events_digest" BYTEA NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL,
    "pruned_through" BIGINT NOT NULL,
    "previous_digest" BYTEA,
    "vouches" BOOLEAN NOT NULL,
    "key_id" BYTEA NOT NULL,
    "seal" BYTEA NOT NULL,

    CONSTRAINT "audit_batches_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "audit_events_event_id_idx" ON "audit_events"("event", "id");

-- CreateIndex
CREATE INDEX "audit_events_batch_id_id_idx" ON "audit_events"("batch_id", "id");

-- By hand: each list pages down its index, and an event has an entry only in those that can find it.
CREATE INDEX "audit_events_subject_user_id_id_idx" ON "audit_events"("subject_user_id", "id") WHERE "subject_user_id" IS NOT NULL;
CREATE INDEX "audit_events_actor_user_id_id_idx" ON "audit_events"("actor_user_id", "id") WHERE "actor_user_id" IS NOT NULL;
CREATE INDEX "audit_events_session_id_id_idx" ON "audit_events"("session_id", "id") WHERE "session_id" IS NOT NULL;

-- By hand: what a column of bytes must hold.
ALTER TABLE "audit_batches"
  ADD CONSTRAINT "audit_batches_id_check" CHECK ("id" > "pruned_through" AND "pruned_through" >= 0),
  ADD CONSTRAINT "audit_batches_bytes_check" CHECK (
    octet_length("events_digest") = 32 AND octet_length("previous_digest") = 32
    AND octet_length("key_id") = 4 AND octet_length("seal") = 32),
  ADD CONSTRAINT "audit_batches_first_check" CHECK (("id" = 1) = ("previous_digest" IS NULL));
