"""Everything that knows Asterisk; nothing above this room sees its wire format."""
