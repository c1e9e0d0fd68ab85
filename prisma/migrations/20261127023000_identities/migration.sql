-- Accounts at other providers, and the sign-ins there that have come back.

CREATE TABLE "identities" (
    "user_id" UUID NOT NULL,
    "id" UUID NOT NULL,
    "provider" VARCHAR(32) NOT NULL,
    "issuer" VARCHAR(500) NOT NULL,
    "subject" VARCHAR(255) NOT NULL,
    "email" VARCHAR(254),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "tokens_sealed" BYTEA,
    "seal_key_id" BYTEA,

    CONSTRAINT "identities_pkey" PRIMARY KEY ("user_id", "id"),
    CONSTRAINT "identities_seal_key_id_check" CHECK (octet_length("seal_key_id") = 4),
    CONSTRAINT "identities_sealed_check" CHECK (("tokens_sealed" IS NULL) = ("seal_key_id" IS NULL))
);

CREATE UNIQUE INDEX "identities_issuer_subject_key" ON "identities"("issuer", "subject");

ALTER TABLE "identities" ADD CONSTRAINT "identities_user_id_fkey"
    FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

CREATE TABLE "provider_sign_ins" (
    "state_hash" BYTEA NOT NULL,
    "code_hash" BYTEA,
    "code_challenge" VARCHAR(43),
    "sealed" BYTEA,
    "seal_key_id" BYTEA,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "provider_sign_ins_pkey" PRIMARY KEY ("state_hash"),
    CONSTRAINT "provider_sign_ins_state_hash_check" CHECK (octet_length("state_hash") = 32),
    CONSTRAINT "provider_sign_ins_code_hash_check" CHECK (octet_length("code_hash") = 32),
    CONSTRAINT "provider_sign_ins_seal_key_id_check" CHECK (octet_length("seal_key_id") = 4)
);

CREATE UNIQUE INDEX "provider_sign_ins_code_hash_key" ON "provider_sign_ins"("code_hash");

CREATE INDEX "provider_sign_ins_expires_at_idx" ON "provider_sign_ins"("expires_at");
