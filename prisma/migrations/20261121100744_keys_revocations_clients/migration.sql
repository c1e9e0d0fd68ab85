-- AlterTable
ALTER TABLE "revocations" ADD COLUMN     "client_id" VARCHAR(64),
ALTER COLUMN "user_id" DROP NOT NULL;

-- AlterTable
ALTER TABLE "signing_keys" ADD COLUMN     "revoked_at" TIMESTAMPTZ(3),
ADD COLUMN     "signs_from" TIMESTAMPTZ(3),
ADD COLUMN     "verifies_until" TIMESTAMPTZ(3),
ALTER COLUMN "public_jwk" DROP NOT NULL;

-- By hand: the one key there was has signed from its first moment.
UPDATE "signing_keys" SET "signs_from" = "created_at";
ALTER TABLE "signing_keys" ALTER COLUMN "signs_from" SET NOT NULL;

-- CreateTable
CREATE TABLE "oauth_clients" (
    "id" VARCHAR(64) NOT NULL,
    "name" VARCHAR(200) NOT NULL,
    "auth_method" VARCHAR(32) NOT NULL,
    "grant_types" TEXT[],
    "role" VARCHAR(64) NOT NULL,
    "scope" VARCHAR(1000) NOT NULL DEFAULT '',
    "jwks" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oauth_clients_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "client_secrets" (
    "id" UUID NOT NULL,
    "client_id" VARCHAR(64) NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "client_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "client_assertions" (
    "client_id" VARCHAR(64) NOT NULL,
    "jti_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "client_assertions_pkey" PRIMARY KEY ("client_id","jti_hash")
);

-- CreateIndex
CREATE INDEX "client_secrets_client_id_idx" ON "client_secrets"("client_id");

-- CreateIndex
CREATE INDEX "client_assertions_expires_at_idx" ON "client_assertions"("expires_at");

-- CreateIndex
CREATE INDEX "revocations_user_id_idx" ON "revocations"("user_id");

-- AddForeignKey
ALTER TABLE "client_secrets" ADD CONSTRAINT "client_secrets_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oauth_clients"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Written by hand from here on: what schema.prisma cannot say.

ALTER TABLE "revocations"
    DROP CONSTRAINT "revocations_session_or_epoch",
    ADD CONSTRAINT "revocations_one_kind" CHECK (num_nonnulls("session_id", "min_epoch", "client_id") = 1),
    ADD CONSTRAINT "revocations_epoch_of_user" CHECK ("min_epoch" IS NULL OR "user_id" IS NOT NULL);

ALTER TABLE "client_secrets"
    ADD CONSTRAINT "client_secrets_hash_length" CHECK (octet_length("secret_hash") = 32);

ALTER TABLE "client_assertions"
    ADD CONSTRAINT "client_assertions_jti_hash_length" CHECK (octet_length("jti_hash") = 32);
