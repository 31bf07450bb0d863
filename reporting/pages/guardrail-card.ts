/** What the guardrails last saw of the model in production, and what they did about it. */
import { formatCount } from '../format.js';
import type { GuardrailCheck, Rail } from '../guardrails.js';
import { html } from '../html.js';
import type { Html } from '../html.js';
import { instant } from './parts.js';

const STANDINGS: Readonly<Record<GuardrailCheck['standing'], string>> = {
  off: 'Switched off in the policy file: nothing is judged and nothing is rolled back.',
  'no-model': 'No fraud model is in production.',
  past: 'The model has been in production for so long that the guardrails leave it to the watch.',
  'too-few': 'Too few decisions since the promotion to judge the model yet.',
  watching: 'Every figure is within its limit.',
  held: 'A limit is breached, and nothing was done by itself: people must act.',
  'rolled-back': 'A limit was breached: the former champion is back in production.',
};

const TITLES: Readonly<Record<Rail['guardrail'], string>> = {
  blocks: 'Blocks',
  failures: 'No probability',
  'slow-answers': 'Too slow',
  'p99-latency': 'Time to score',
  calibration: 'Calibration',
};

export function guardrailCard(check: GuardrailCheck | null): Html {
  return html`<section class="card" aria-labelledby="guardrails-title">
    <div class="card-head"><h2 id="guardrails-title">Guardrails</h2></div>
    ${check === null ? html`<p class="empty">The guardrails have not looked yet; a running server does every minute.</p>` : standing(check)}
  </section>`;
}

function standing({ at, modelVersion, standing: found, decisions, rails, note }: GuardrailCheck): Html {
  const isAlarm = found === 'held' || found === 'rolled-back';
  const sentence = html`${STANDINGS[found]}${note !== null && ` ${note}.`}`;
  return html`${isAlarm ? html`<p class="callout" role="alert">${sentence}</p>` : html`<p>${sentence}</p>`}
    <p class="subtitle">
      ${modelVersion !== null && html`<span class="id">${modelVersion.slice(0, 12)}</span>, `}${formatCount(decisions)}
      decisions, looked at ${instant(at)}
    </p>
    ${
      rails.length > 0 &&
      html`<dl class="facts">
        ${rails.map(
          ({ guardrail, breached, text }) =>
            html`<div>
              <dt>
                ${TITLES[guardrail]}
                ${breached ? html`<span class="badge badge-block">Breached</span>` : html`<span class="badge badge-allow">Within</span>`}
              </dt>
              <dd>${text}</dd>
            </div>`,
        )}
      </dl>`
    }`;
}
