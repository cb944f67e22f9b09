-- Proof of identity. The national id is stored sealed; its keyed fingerprint keeps one person from opening two verified accounts.
CREATE TABLE kyc_submissions (
    id                       uuid        PRIMARY KEY,
    user_id                  uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    level                    smallint    NOT NULL CHECK (level IN (2, 3)),
    status                   text        NOT NULL DEFAULT 'PENDING' CHECK (status IN ('PENDING', 'IN_REVIEW', 'APPROVED', 'REJECTED')),
    tc_kimlik_no_encrypted   text        NOT NULL,
    tc_kimlik_no_fingerprint text        NOT NULL CHECK (length(tc_kimlik_no_fingerprint) = 64),
    first_name               text        NOT NULL CHECK (length(first_name) BETWEEN 2 AND 100),
    last_name                text        NOT NULL CHECK (length(last_name) BETWEEN 2 AND 100),
    date_of_birth            date        NOT NULL,
    phone                    text        NOT NULL CHECK (phone ~ '^\+905[0-9]{9}$'),
    mks_verification_id      text,
    mks_response             jsonb,
    mks_verified             boolean     NOT NULL DEFAULT false,
    submitted_at             timestamptz NOT NULL DEFAULT now(),
    reviewed_at              timestamptz,
    reviewed_by              uuid,
    rejection_reason         text        CHECK (length(rejection_reason) <= 500),
    ip_address               inet,
    user_agent               text        NOT NULL DEFAULT '',
    created_at               timestamptz NOT NULL DEFAULT now(),
    updated_at               timestamptz NOT NULL DEFAULT now(),
    CHECK ((status IN ('APPROVED', 'REJECTED')) = (reviewed_at IS NOT NULL)),
    CHECK (status <> 'REJECTED' OR rejection_reason IS NOT NULL)
);

CREATE INDEX kyc_submissions_user_status ON kyc_submissions (user_id, status);
CREATE INDEX kyc_submissions_waiting ON kyc_submissions (submitted_at) WHERE status IN ('PENDING', 'IN_REVIEW');
CREATE UNIQUE INDEX kyc_submissions_one_open_per_user ON kyc_submissions (user_id) WHERE status IN ('PENDING', 'IN_REVIEW');

CREATE TABLE kyc_documents (
    id                uuid        PRIMARY KEY,
    submission_id     uuid        NOT NULL REFERENCES kyc_submissions (id) ON DELETE CASCADE,
    user_id           uuid        NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document_type     text        NOT NULL CHECK (document_type IN ('ID_FRONT', 'ID_BACK', 'SELFIE', 'ADDRESS_PROOF')),
    status            text        NOT NULL DEFAULT 'UPLOADED' CHECK (status IN ('UPLOADED', 'SCANNING', 'CLEAN', 'INFECTED', 'VERIFIED', 'REJECTED')),
    original_filename text        NOT NULL DEFAULT '',
    file_size         integer     NOT NULL CHECK (file_size BETWEEN 1 AND 5242880),
    mime_type         text        NOT NULL CHECK (mime_type IN ('image/jpeg', 'image/png')),
    file_hash         text        NOT NULL CHECK (length(file_hash) = 64),
    s3_bucket         text        NOT NULL,
    s3_key            text        NOT NULL UNIQUE,
    encrypted         boolean     NOT NULL DEFAULT true,
    virus_scan_result text,
    virus_scanned_at  timestamptz,
    metadata          jsonb       NOT NULL DEFAULT '{}',
    rejection_reason  text,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    UNIQUE (submission_id, document_type)
);

CREATE INDEX kyc_documents_user_id ON kyc_documents (user_id);

GRANT SELECT, INSERT, UPDATE ON kyc_submissions, kyc_documents TO auth_app;
-- A bank account must be in the name of the verified person.
GRANT SELECT (user_id, status, level, first_name, last_name) ON kyc_submissions TO wallet_app;
