-- AlterTable
ALTER TABLE "users" ADD COLUMN     "second_factor" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "one_time_tokens" ADD COLUMN     "code_hash" BYTEA,
ADD COLUMN     "code_key_id" BYTEA,
ADD COLUMN     "code_tries" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "totp_secrets" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(100),
    "secret_sealed" BYTEA NOT NULL,
    "seal_key_id" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3),
    "last_step" INTEGER,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "totp_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "passkeys" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "credential_id" BYTEA NOT NULL,
    "public_key" BYTEA NOT NULL,
    "sign_count" BIGINT NOT NULL,
    "transports" TEXT[],
    "synced" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "passkeys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recovery_codes" (
    "user_id" UUID NOT NULL,
    "code_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "recovery_codes_pkey" PRIMARY KEY ("user_id","code_hash")
);

-- CreateTable
CREATE TABLE "sign_in_challenges" (
    "token_hash" BYTEA NOT NULL,
    "purpose" VARCHAR(16) NOT NULL,
    "user_id" UUID,
    "state_hash" BYTEA,
    "methods" TEXT[],
    "client_id" VARCHAR(64),
    "scope" VARCHAR(1000),
    "delivery" VARCHAR(8),
    "known_device" BOOLEAN NOT NULL DEFAULT false,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_challenges_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "totp_secrets_user_id_idx" ON "totp_secrets"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "passkeys_credential_id_key" ON "passkeys"("credential_id");

-- CreateIndex
CREATE INDEX "passkeys_user_id_idx" ON "passkeys"("user_id");

-- CreateIndex
CREATE INDEX "sign_in_challenges_user_id_idx" ON "sign_in_challenges"("user_id");

-- CreateIndex
CREATE INDEX "sign_in_challenges_expires_at_idx" ON "sign_in_challenges"("expires_at");

-- AddForeignKey
ALTER TABLE "totp_secrets" ADD CONSTRAINT "totp_secrets_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sign_in_challenges" ADD CONSTRAINT "sign_in_challenges_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand: what a column of bytes must hold.
ALTER TABLE "one_time_tokens" ADD CONSTRAINT "one_time_tokens_code_check"
  CHECK (octet_length("code_hash") = 32 AND octet_length("code_key_id") = 4);
ALTER TABLE "totp_secrets" ADD CONSTRAINT "totp_secrets_bytes_check" CHECK (octet_length("seal_key_id") = 4);
ALTER TABLE "passkeys" ADD CONSTRAINT "passkeys_bytes_check" CHECK (octet_length("credential_id") BETWEEN 1 AND 1023);
ALTER TABLE "recovery_codes" ADD CONSTRAINT "recovery_codes_bytes_check" CHECK (octet_length("code_hash") = 32);
ALTER TABLE "sign_in_challenges" ADD CONSTRAINT "sign_in_challenges_bytes_check"
  CHECK (octet_length("token_hash") = 32 AND octet_length("state_hash") = 32);
-- By hand: a user has one authenticator app that counts, and one that waits for its first code.
CREATE UNIQUE INDEX "totp_secrets_one_confirmed_idx" ON "totp_secrets"("user_id") WHERE "confirmed_at" IS NOT NULL;
CREATE UNIQUE INDEX "totp_secrets_one_waiting_idx" ON "totp_secrets"("user_id") WHERE "confirmed_at" IS NULL;
