-- A confirmation link that was used is kept until it expires, so that opening it twice is not an error.
ALTER TABLE "one_time_tokens" ADD COLUMN "used_at" TIMESTAMPTZ(3);
