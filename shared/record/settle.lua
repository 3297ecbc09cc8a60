-- Settles ledger rows without touching the ticket's state. ARGV: base, id, then rows (see lib.lua).
settle_rows(ARGV[1], ARGV[1] .. 't:' .. ARGV[2], ARGV, 3, true)
return 1
