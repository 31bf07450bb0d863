/**
 * The frame of every page: landmarks, navigation, skip link and assets. Pages carry no inline script or style, so the
 * strictest content security policy holds.
 */
import { assetUrl } from '../assets.js';
import { html, markupOf } from '../html.js';
import type { Html } from '../html.js';

const SECTIONS = [
  { path: '/', title: 'Overview' },
  { path: '/payments', title: 'Payments' },
  { path: '/dunning', title: 'Dunning' },
  { path: '/subscriptions', title: 'Subscriptions' },
  { path: '/churn', title: 'Churn' },
  { path: '/reconciliation', title: 'Reconciliation' },
  { path: '/forecast', title: 'Forecast' },
  { path: '/decisions', title: 'Decisions' },
  { path: '/cases', title: 'Cases' },
  { path: '/models', title: 'Models' },
  { path: '/watch', title: 'Watch' },
] as const;
type SectionPath = (typeof SECTIONS)[number]['path'];

interface Page {
  readonly title: string;
  /** The section to mark in the navigation. */
  readonly section: SectionPath;
  readonly main: Html;
  /** Charts need the two scripts. */
  readonly charts?: boolean;
}

export function renderPage({ title, section, main, charts }: Page): string {
  const scripts = html`<script src="${assetUrl('chart.js')}" defer></script>
    <script src="${assetUrl('dashboard.js')}" type="module"></script>`;
  return markupOf(
    html`<!doctype html>
      <html lang="en-IN">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>${title} · HASIVU Payment Intelligence</title>
          <link rel="icon" href="${assetUrl('favicon.svg')}" type="image/svg+xml" />
          <link rel="stylesheet" href="${assetUrl('dashboard.css')}" />
          ${charts === true && scripts}
        </head>
        <body>
          <a class="skip-link" href="#main">Skip to content</a>
          <header class="site-header">
            <div class="site-header-inner">
              <a class="brand" href="/"
                ><svg viewBox="0 0 32 32" aria-hidden="true">
                  <rect width="32" height="32" rx="8" />
                  <path d="M9 23V9M23 23V9M9 17l5-4 4 3 5-5" /></svg
                ><span>HASIVU <span class="brand-rest">Payment Intelligence</span></span></a
              >
              <nav aria-label="Sections">
                <ul class="site-nav">
                  ${SECTIONS.map((entry) => navEntry(entry, section))}
                </ul>
              </nav>
            </div>
          </header>
          <main id="main" tabindex="-1">${main}</main>
          <footer class="site-footer">
            <p>
              Calendar days are Indian Standard Time. Amounts are exact to the minor unit. Figures count only
              what was known at the as-of time.
            </p>
          </footer>
        </body>
      </html> `,
  );
}

function navEntry({ path, title }: (typeof SECTIONS)[number], current: SectionPath): Html {
  return path === current
    ? html`<li><a href="${path}" aria-current="page">${title}</a></li>`
    : html`<li><a href="${path}">${title}</a></li>`;
}

interface Notice {
  readonly title: string;
  readonly text: Html | string;
}

/** What is said where there is nothing to show. */
export function notice({ title, text }: Notice): Html {
  return html`<div class="notice">
    <h2>${title}</h2>
    <p>${text}</p>
  </div>`;
}

interface Missing {
  /** What is not there, in one word. */
  readonly what: string;
  readonly section: SectionPath;
  /** The words of the link to the section. */
  readonly all: string;
}

export function missingPage({ what, section, all }: Missing): string {
  const title = `${what.charAt(0).toUpperCase()}${what.slice(1)} not found`;
  const text = html`It may belong to another installation. <a href="${section}">${all}</a>`;
  const main = html`<div class="page-head"><h1>${title}</h1></div>
    ${notice({ title: `There is no such ${what}`, text })}`;
  return renderPage({ title: 'Not found', section, main });
}
