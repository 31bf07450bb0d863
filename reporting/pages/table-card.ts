/** Tables that are named by their title and scroll sideways where the screen is narrow; one comes in a card of its own. */
import { html } from '../html.js';
import type { Html } from '../html.js';

/** Text, or a column of numbers. */
export type Head = string | { readonly title: string; readonly isNumber: true };

interface TableCard {
  readonly title: string;
  readonly heads: readonly Head[];
  readonly rows: readonly Html[];
  /** What is said where there are no rows. */
  readonly empty: string;
}

export function tableCard({ title, heads, rows, empty }: TableCard): Html {
  return html`<section class="card" aria-label="${title}">
    <h2>${title}</h2>
    ${rows.length === 0 ? html`<p class="empty">${empty}</p>` : table(title, heads, rows)}
  </section>`;
}

function table(title: string, heads: readonly Head[], rows: readonly Html[]): Html {
  return html`<div class="table-scroll" role="region" aria-label="${title}" tabindex="0">
    <table>
      <caption class="visually-hidden">
        ${title}
      </caption>
      <thead>
        <tr>
          ${heads.map(headCell)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

function headCell(head: Head): Html {
  return typeof head === 'string'
    ? html`<th scope="col">${head}</th>`
    : html`<th scope="col" class="number">${head.title}</th>`;
}

export function asNumber(title: string): Head {
  return { title, isNumber: true };
}

export function numberCell(text: string): Html {
  return html`<td class="number">${text}</td>`;
}

/** Compact: the first cell names the row, the others are numbers. */
export function numberTable(
  title: string,
  [first = '', ...heads]: readonly string[],
  rows: readonly (readonly string[])[],
): Html {
  return html`<div class="table-scroll" role="region" aria-label="${title}" tabindex="0">
    <table class="compact">
      <caption class="visually-hidden">
        ${title}
      </caption>
      <thead>
        <tr>
          ${[first, ...heads.map(asNumber)].map(headCell)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([name = '', ...cells]) =>
            html`<tr>
              <th scope="row">${name}</th>
              ${cells.map(numberCell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
