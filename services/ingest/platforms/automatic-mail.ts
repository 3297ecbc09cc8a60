/** Mails that no person wrote, as far as a helpdesk passes on what a mail says of itself (RFC 3834, RFC 2369, RFC 2919). */

const senders = /^(?:mailer-daemon|postmaster|mail-?delivery)[^@]*@/i;
/** There at all, they tell of a list or of a machine. */
const telling = new Set([
  'list-id',
  'list-unsubscribe',
  'x-autoreply',
  'x-autorespond',
  'x-failed-recipients',
]);

/** Headers by their names in any case. */
export function isAutomaticMail({
  from = null,
  headers = {},
}: {
  from?: string | null;
  headers?: Record<string, unknown>;
}): boolean {
  if (from !== null && senders.test(from)) return true;
  return Object.entries(headers).some(([name, value]) => {
    const key = name.toLowerCase();
    if (telling.has(key)) return true;
    if (typeof value !== 'string') return false;
    if (key === 'auto-submitted') return !/^\s*no\b/i.test(value);
    return key === 'precedence' && /^\s*(?:bulk|list|junk|auto_reply)\b/i.test(value);
  });
}
