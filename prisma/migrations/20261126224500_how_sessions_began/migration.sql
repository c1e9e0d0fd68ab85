-- AlterTable
ALTER TABLE "sessions" ADD COLUMN     "amr" TEXT[] DEFAULT ARRAY['pwd']::TEXT[],
ADD COLUMN     "audience" TEXT[],
ADD COLUMN     "auth_time" TIMESTAMPTZ(3),
ADD COLUMN     "scope" VARCHAR(1000);

-- No row is rewritten: every session so far began with a password at its creation, which the defaults and a null say. An
-- instance of the version before can go on inserting sessions during a rolling update.
ALTER TABLE "sessions" ALTER COLUMN "amr" SET NOT NULL;
