"""A real Asterisk with SIP phones and trunks on loopback: the judge of what Dialwatch says."""
