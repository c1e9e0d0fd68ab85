-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "email" VARCHAR(254) NOT NULL,
    "name" VARCHAR(200),
    "role" VARCHAR(64) NOT NULL,
    "email_verified" BOOLEAN NOT NULL DEFAULT false,
    "password_hash" VARCHAR(512) NOT NULL,
    "epoch" INTEGER NOT NULL DEFAULT 0,
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_sign_in_at" TIMESTAMPTZ(3),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "token_hash" BYTEA NOT NULL,
    "sibling_hash" BYTEA,
    "rotation_nonce" BYTEA,
    "key_id" BYTEA,
    "parent_lane" BYTEA,
    "rotated_at" TIMESTAMPTZ(3),
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "shown_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" VARCHAR(32),
    "ip" VARCHAR(45),
    "user_agent" VARCHAR(512),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateTable
CREATE TABLE "revocations" (
    "id" BIGSERIAL NOT NULL,
    "user_id" UUID NOT NULL,
    "session_id" UUID,
    "min_epoch" INTEGER,
    "revoked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "revocations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "signing_keys" (
    "kid" VARCHAR(64) NOT NULL,
    "algorithm" VARCHAR(16) NOT NULL,
    "public_jwk" JSONB NOT NULL,
    "private_key_sealed" BYTEA NOT NULL,
    "seal_key_id" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "notes" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "title" VARCHAR(200) NOT NULL,
    "body" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "notes_pkey" PRIMARY KEY ("user_id","id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_email_key" ON "users"("email");

-- CreateIndex
CREATE INDEX "revocations_revoked_at_idx" ON "revocations"("revoked_at");

-- CreateIndex
CREATE INDEX "notes_id_idx" ON "notes"("id");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "notes" ADD CONSTRAINT "notes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Written by hand from here on: what schema.prisma cannot say.

-- A rotation rewrites its row. The room left on each page lets PostgreSQL do that as a heap-only update, which touches no
-- index and is cleaned up by the next reader of the page; vacuum comes by early for the rest.
ALTER TABLE "sessions" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE "users" SET (fillfactor = 90);

-- COLLATE "C" folds ASCII only, whatever the database's locale; an address holds nothing else.
ALTER TABLE "users"
    ADD CONSTRAINT "users_email_lower_case" CHECK ("email" = lower("email" COLLATE "C")),
    ADD CONSTRAINT "users_epoch_not_negative" CHECK ("epoch" >= 0);

ALTER TABLE "sessions"
    ADD CONSTRAINT "sessions_generation_not_negative" CHECK ("generation" >= 0),
    ADD CONSTRAINT "sessions_token_hash_length" CHECK (octet_length("token_hash") = 32),
    ADD CONSTRAINT "sessions_sibling_hash_length" CHECK (octet_length("sibling_hash") = 32),
    ADD CONSTRAINT "sessions_rotation_nonce_length" CHECK (octet_length("rotation_nonce") = 32),
    ADD CONSTRAINT "sessions_key_id_length" CHECK (octet_length("key_id") = 4),
    ADD CONSTRAINT "sessions_parent_lane_length" CHECK (octet_length("parent_lane") = 8),
    ADD CONSTRAINT "sessions_rotation_is_whole" CHECK (num_nulls("rotation_nonce", "key_id", "parent_lane", "rotated_at") IN (0, 4)),
    ADD CONSTRAINT "sessions_revocation_is_whole" CHECK (num_nulls("revoked_at", "revoked_reason") IN (0, 2));

ALTER TABLE "revocations"
    ADD CONSTRAINT "revocations_session_or_epoch" CHECK (num_nonnulls("session_id", "min_epoch") = 1);

ALTER TABLE "signing_keys"
    ADD CONSTRAINT "signing_keys_seal_key_id_length" CHECK (octet_length("seal_key_id") = 4);

ALTER TABLE "notes"
    ADD CONSTRAINT "notes_body_length" CHECK (char_length("body") <= 20000);
