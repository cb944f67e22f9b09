-- A rejection has a code, which applicants read in their language, and a note where the reviewer wrote one.
-- Rejections that were written by a release from before this have the reviewer's words alone.
ALTER TABLE kyc_submissions ADD COLUMN rejection_code text CHECK (rejection_code IN (
    'UNREADABLE_DOCUMENT', 'DATA_MISMATCH', 'POOR_PHOTO', 'EXPIRED_DOCUMENT', 'OTHER', 'INFECTED', 'ACCOUNT_CLOSED'));

DO $$
DECLARE
    found record;
BEGIN
    FOR found IN SELECT conname FROM pg_constraint WHERE conrelid = 'kyc_submissions'::regclass AND contype = 'c'
                    AND pg_get_constraintdef(oid) LIKE '%rejection_reason IS NOT NULL%' LOOP
        EXECUTE format('ALTER TABLE kyc_submissions DROP CONSTRAINT %I', found.conname);
    END LOOP;
END
$$;

ALTER TABLE kyc_submissions ADD CONSTRAINT kyc_submissions_rejections_say_why
    CHECK (status <> 'REJECTED' OR rejection_code IS NOT NULL OR rejection_reason IS NOT NULL);

UPDATE kyc_submissions SET rejection_code = 'ACCOUNT_CLOSED', rejection_reason = NULL WHERE rejection_reason = 'ACCOUNT_CLOSED';
UPDATE kyc_submissions SET rejection_code = 'INFECTED', rejection_reason = NULL WHERE rejection_reason = 'Yüklenen belgede zararlı içerik bulundu';
