/** The only importer of html-to-text: what a customer wrote as HTML, as plain text with its lists and links. */
import { compile } from 'html-to-text';

/** More is cut before it is looked at; as long as the longest message that the intake takes. */
const maxHtmlCharacters = 200_000;
const skipped = ['img', 'style', 'script', 'head', 'title'];

const convert = compile({
  wordwrap: false,
  limits: { maxDepth: 100, maxInputLength: maxHtmlCharacters },
  selectors: [
    ...skipped.map((selector) => ({ selector, format: 'skip' })),
    { selector: 'a', options: { hideLinkHrefIfSameAsText: true, noAnchorUrl: true, ignoreHref: false } },
    { selector: 'table', format: 'dataTable', options: { uppercaseHeaderCells: false } },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
      selector,
      options: { uppercase: false },
    })),
  ],
});

/** Never throws; tags that are not closed, or nested without end, cost nothing but themselves. */
export function textOfHtml(html: string): string {
  return convert(html.slice(0, maxHtmlCharacters))
    .replaceAll('\u00a0', ' ')
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
}
