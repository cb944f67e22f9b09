"""Mails of the e-mail queue, in the language of their readers, through SES."""
