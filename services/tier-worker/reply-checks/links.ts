/** Links and e-mail addresses that stand neither in the ticket nor in the material. */
import { factOf } from './reply.ts';
import type { Reply } from './reply.ts';

const email = /[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/gu;
const url = /(?:https?:\/\/|www\.)[!#-;=?-~À-ɏͰ-ԯ]{1,2000}/giu;
/** Without a scheme: only endings that hardly any sentence makes by leaving out a blank, or a path behind it. */
const bare =
  /(?<![\w@./-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}(?:(?:com|net|org|io|shop|store|info|biz|example|eu|app|dev|ai|co\.uk)(?:\/[!#-;=?-~]{0,500})?(?![\w.-]*[a-z])|[a-z]{2,12}\/[!#-;=?-~]{1,500})/giu;
/** What a sentence puts behind a link. */
const trailing = /[.,;:!?)\]}'"»”’*_~`|/\\]{1,20}$/u;

/** What every link and address has somewhere; most replies have none of it, and are done with this one look. */
const mayHaveLinks = /@|:\/\/|www\.|[a-z0-9]\.[a-z]/iu;

export function hasInventedLinks(reply: Reply): boolean {
  const { text } = reply;
  if (!mayHaveLinks.test(text)) return false;
  const withoutEmails = text.replaceAll(email, ' ');
  const withoutUrls = withoutEmails.replaceAll(url, ' ');
  const found = [...(text.match(email) ?? []), ...(withoutEmails.match(url) ?? [])];
  found.push(...(withoutUrls.match(bare) ?? []));
  return [...new Set(found)].some((link) => !isKnown(reply, barest(link)));
}

const barest = (link: string): string =>
  link
    .toLowerCase()
    .replace(/^https?:\/\//u, '')
    .replace(/^www\./u, '')
    // `[text](link)` and `(link)` end with a bracket that the link itself did not open.
    .replace(/^([^(]{0,2000}?)\).{0,2000}$/su, '$1')
    .replace(trailing, '');

function isKnown(reply: Reply, link: string): boolean {
  if (link === '' || isWritten(reply, link)) return true;
  // A link of the material with the customer's own number in it, as in …/track/5531.
  const last = /^(.{4,}[/=])([\w-]{3,60})$/u.exec(link);
  const [, beginning = '', value = ''] = last ?? [];
  return /\d/u.test(value) && factOf(reply.ticket, 'lower').includes(value) && isBegun(reply, beginning);
}

/** Somewhere, as a whole: `shop.example/re` does not stand in `shop.example/returns`. */
function isWritten({ ticket, material }: Reply, link: string): boolean {
  return [ticket, ...material].some((text) => {
    const lower = factOf(text, 'lower');
    for (let at = lower.indexOf(link); at !== -1; at = lower.indexOf(link, at + 1)) {
      const before = lower[at - 1] ?? ' ';
      const after = lower.slice(at + link.length, at + link.length + 2);
      if (!/[\w-]/u.test(before) && !/^(?:[\w@-]|\.\w)/u.test(after)) return true;
    }
    return false;
  });
}

const isBegun = ({ material }: Reply, beginning: string): boolean =>
  material.some((text) => factOf(text, 'lower').includes(beginning));
