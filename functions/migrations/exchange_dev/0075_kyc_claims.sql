-- One person works on an application: who takes it has it for half an hour. The queue is read by priority, then by age.
ALTER TABLE kyc_submissions
    ADD COLUMN priority      smallint NOT NULL DEFAULT 2 CHECK (priority BETWEEN 1 AND 3),
    ADD COLUMN claimed_by    uuid,
    ADD COLUMN claimed_until timestamptz,
    ADD CONSTRAINT kyc_submissions_claims_end CHECK ((claimed_by IS NULL) = (claimed_until IS NULL));

CREATE INDEX kyc_submissions_queue ON kyc_submissions (priority, submitted_at, id) WHERE status IN ('PENDING', 'IN_REVIEW');
