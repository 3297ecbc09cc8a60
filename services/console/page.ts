/** The page as HTML: tables of what the JSON has. Everything from outside is escaped. */
import { usdText } from '../../shared/ledger/costs.ts';
import type { Costs } from '../../shared/ledger/costs.ts';
import { gateText } from '../../shared/models/gate-text.ts';
import type { Overview } from '../../shared/overview.ts';

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');

function table(head: string[], rows: (string | number)[][]): string {
  const cell = (tag: string, value: string | number): string =>
    `<${tag}${typeof value === 'number' ? ' class="number"' : ''}>${escape(String(value))}</${tag}>`;
  const body = rows.map((row) => `<tr>${row.map((value) => cell('td', value)).join('')}</tr>`).join('');
  return `<table><thead><tr>${head.map((title) => cell('th', title)).join('')}</tr></thead><tbody>${body}</tbody></table>`;
}

/** `now`: ms since the epoch. */
export function pageHtml(overview: Overview, costs: Costs, now: number): string {
  const { tickets } = overview;
  const queues = overview.queues.map((one) => [
    one.queue,
    one.waiting,
    one.active,
    one.delayed,
    one.paused ? 'paused' : '',
  ]);
  const models = costs.rows.map((row) => [
    row.model ?? '',
    row.calls,
    row.faults,
    row.tickets,
    usdText(row.nanoUsd),
  ]);
  const open = overview.breakers.filter(({ state, forced }) => state !== 'closed' || forced !== null);
  const breakers =
    open.length === 0
      ? '<p>All breakers are closed.</p>'
      : `<ul>${open.map((one) => `<li class="open">${escape(one.model)}: ${escape(gateText(one, now))}</li>`).join('')}</ul>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="5"><title>Tierline</title><link rel="stylesheet" href="/console.css"></head>
<body><h1>Tierline</h1>
<p>${tickets.open} open tickets, ${tickets.leased} being worked on, ${tickets.parked} parked.</p>
<h2>Queues</h2>${table(['Queue', 'Waiting', 'Active', 'Delayed', ''], queues)}
<h2>Breakers</h2>${breakers}
<h2>Today: ${escape(usdText(costs.totalNanoUsd))}</h2>
${costs.unpricedCalls > 0 ? `<p class="open">${costs.unpricedCalls} calls have no known cost.</p>` : ''}
${table(['Model', 'Calls', 'Faults', 'Tickets', 'Cost'], models)}
</body></html>`;
}
