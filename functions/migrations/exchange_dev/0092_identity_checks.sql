-- What the population register says about an application. WAITING: it is still to be asked, and until then nothing is approved.
-- UNANSWERED: it was asked as often as the queue delivers and never answered, so a person compares alone.
-- NOT_ASKED: the stage has no register, or the application is from before there was one.
ALTER TABLE kyc_submissions ADD COLUMN identity_check text NOT NULL DEFAULT 'NOT_ASKED'
    CHECK (identity_check IN ('WAITING', 'MATCH', 'MISMATCH', 'UNANSWERED', 'NOT_ASKED'));
