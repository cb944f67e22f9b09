-- How an account is addressed: the language of its mails, the time zone in which moments are shown, and a word that every mail of ours repeats, so that
-- a forged one is recognised by its absence.
ALTER TABLE users
    ADD COLUMN locale    text NOT NULL DEFAULT 'tr' CHECK (locale IN ('tr', 'en')),
    ADD COLUMN time_zone text NOT NULL DEFAULT 'Europe/Istanbul' CHECK (length(time_zone) BETWEEN 1 AND 64),
    ADD COLUMN mail_word text CHECK (length(mail_word) BETWEEN 4 AND 20);
