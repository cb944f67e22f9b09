-- Applications are kept for seven years after they were decided, and longer while they are the proof of a customer; then auth deletes them with their
-- pictures. The table itself lets nothing younger go, whoever asks.
CREATE FUNCTION kyc_submissions_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reviewed_at IS NULL OR OLD.reviewed_at > now() - interval '7 years' THEN
        RAISE EXCEPTION 'an application is kept for seven years after its decision' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER kyc_submissions_kept BEFORE DELETE ON kyc_submissions FOR EACH ROW EXECUTE FUNCTION kyc_submissions_are_kept();

CREATE INDEX kyc_submissions_reviewed_at ON kyc_submissions (reviewed_at) WHERE reviewed_at IS NOT NULL;

GRANT DELETE ON kyc_submissions TO auth_app;
