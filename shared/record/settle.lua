-- Settles ledger rows without touching the ticket's state. KEYS[1] the ticket's hash. ARGV: base, then rows (see lib.lua).
settle_rows(ARGV[1], KEYS[1], ARGV, 2, true)
return 1
