-- One person, one verified account: held by the database, whoever writes and however many decide at once.
CREATE TABLE verified_identities (
    fingerprint text        PRIMARY KEY CHECK (length(fingerprint) = 64), -- keyed, of the national id; see kyc_submissions
    user_id     uuid        NOT NULL REFERENCES users (id),
    verified_at timestamptz NOT NULL
);

CREATE INDEX verified_identities_user_id ON verified_identities (user_id);
GRANT SELECT, INSERT ON verified_identities TO auth_app;

-- The account that was approved first has the identity. Others that were approved with it are reported in the audit log
-- (action kyc.duplicate_identity) for staff to look at; they keep their level until somebody has, and get no higher one.
INSERT INTO verified_identities (fingerprint, user_id, verified_at)
SELECT DISTINCT ON (tc_kimlik_no_fingerprint) tc_kimlik_no_fingerprint, user_id, reviewed_at
  FROM kyc_submissions WHERE status = 'APPROVED' ORDER BY tc_kimlik_no_fingerprint, reviewed_at, id;

INSERT INTO audit_logs (id, user_id, actor_type, action, resource, result, new_value, reason, timestamp)
SELECT gen_random_uuid(), other.user_id, 'SYSTEM', 'kyc.duplicate_identity', 'kyc:' || other.id, 'FAILURE',
       jsonb_build_object('verified_for', first.user_id), 'the national id was approved for another account before', now()
  FROM kyc_submissions other JOIN verified_identities first ON first.fingerprint = other.tc_kimlik_no_fingerprint
 WHERE other.status = 'APPROVED' AND other.user_id <> first.user_id;

CREATE FUNCTION claim_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- of two approvals at once the second waits here for the end of the first
    INSERT INTO verified_identities (fingerprint, user_id, verified_at) VALUES (NEW.tc_kimlik_no_fingerprint, NEW.user_id, now())
        ON CONFLICT (fingerprint) DO NOTHING;
    IF NOT EXISTS (SELECT FROM verified_identities WHERE fingerprint = NEW.tc_kimlik_no_fingerprint AND user_id = NEW.user_id) THEN
        RAISE EXCEPTION 'the national id is verified for another account' USING ERRCODE = 'unique_violation', CONSTRAINT = 'verified_identities_pkey';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER kyc_submissions_claim_identity AFTER INSERT OR UPDATE OF status ON kyc_submissions
    FOR EACH ROW WHEN (NEW.status = 'APPROVED') EXECUTE FUNCTION claim_identity();
