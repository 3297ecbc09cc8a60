/** Language tags as senders write them. */

/** Many systems write `pt_BR`. Primary tags of four and more letters are reserved, so that `english` is a mistake. */
export function isLanguageTag(tag: string): boolean {
  if (!/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*$/.test(tag)) return false;
  try {
    Intl.getCanonicalLocales(tag.replaceAll('_', '-'));
    return true;
  } catch {
    return false;
  }
}

/** `und` says that nothing is known, which must not outrank detection. */
export function canonicalLanguage(tag: string | null): string | null {
  const canonical = tag === null ? undefined : Intl.getCanonicalLocales(tag.replaceAll('_', '-'))[0];
  return canonical === undefined || canonical === 'und' ? null : canonical;
}
