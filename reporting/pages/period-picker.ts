/** Which days a page is about, and the links to other days and currencies: the same on every page of figures. */
import { formatCount, formatDay } from '../format.js';
import { html } from '../html.js';
import type { Child, Html } from '../html.js';
import { daysIn, PERIOD_CHOICES } from '../period.js';
import type { PeriodChoice } from '../period.js';
import type { Coverage, Scope } from '../queries.js';
import { instant } from './parts.js';

/** What a page of figures knows of its period; null while there is no warehouse. */
export interface PeriodShown {
  readonly coverage: Coverage;
  readonly choice: PeriodChoice;
  /** Null while the warehouse holds no payments. */
  readonly shown: { readonly scope: Scope } | null;
}

export function periodLine(page: PeriodShown | null): Child {
  if (page === null) return null;
  const { coverage, shown } = page;
  const asOf = html`as of ${instant(coverage.asOf)}`;
  if (shown === null || coverage.history === null) return html`<p class="subtitle">Known ${asOf}</p>`;
  const { from, to } = shown.scope;
  return html`<p class="subtitle">
    <strong>${formatDay(from)} – ${formatDay(to)}</strong>, ${formatCount(daysIn({ from, to }))} days ·
    ${asOf} · history ${formatDay(coverage.history.from)} – ${formatDay(coverage.history.to)}
  </p>`;
}

const CHOICE_TITLES: Readonly<Record<PeriodChoice, string>> = {
  '30': '30 days',
  '90': '90 days',
  '365': '365 days',
  all: 'All',
};

/** @param path of the page that the links lead to. */
export function pickers(path: string, page: PeriodShown | null): Child {
  if (page === null || page.shown === null) return null;
  const { choice, coverage, shown } = page;
  const { currency } = shown.scope;
  const periods = PERIOD_CHOICES.map((days) =>
    pickerLink(path, CHOICE_TITLES[days], { days, currency }, days === choice),
  );
  const currencies = coverage.currencies.map((other) =>
    pickerLink(path, other, { days: choice, currency: other }, other === currency),
  );
  return html`<div class="pickers">
    ${currencies.length > 1 && html`<nav class="picker" aria-label="Currency">${currencies}</nav>`}
    <nav class="picker" aria-label="Period">${periods}</nav>
  </div>`;
}

function pickerLink(path: string, title: string, query: Record<string, string>, current: boolean): Html {
  const href = `${path}?${new URLSearchParams(query).toString()}`;
  return current
    ? html`<a href="${href}" aria-current="true">${title}</a>`
    : html`<a href="${href}">${title}</a>`;
}
