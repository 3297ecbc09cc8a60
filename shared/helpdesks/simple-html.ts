/** A reply as the HTML that helpdesks take: paragraphs, line breaks and links, everything else escaped. */

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);

/** Only what is plainly an address; what ends a sentence behind it does not belong to it. */
const linkPattern = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

export function simpleHtml(text: string): string {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${paragraph.split('\n').map(lineHtml).join('<br>')}</p>`)
    .join('');
}

function lineHtml(line: string): string {
  let html = '';
  let from = 0;
  for (const match of line.matchAll(linkPattern)) {
    const link = escapeHtml(match[0]);
    html += `${escapeHtml(line.slice(from, match.index))}<a href="${link}">${link}</a>`;
    from = match.index + match[0].length;
  }
  return html + escapeHtml(line.slice(from));
}
