"""Mails of the e-mail queue, in Turkish, through SES."""
