/** A table in a card of its own, named by its title, that scrolls sideways where the screen is narrow. */
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
