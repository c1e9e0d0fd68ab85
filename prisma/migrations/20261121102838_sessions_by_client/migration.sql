-- CreateIndex
CREATE INDEX "sessions_client_id_idx" ON "sessions"("client_id");
