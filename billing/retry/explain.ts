/** One sentence for people on why a retry is made when it is made, or not at all. It only repeats what the choice holds. */
import { dayOf, formatDay, minuteOfDay } from '../../core/days.js';
import type { ChoiceReason, Verdict } from './choose.js';

const SENTENCES: Readonly<Record<ChoiceReason, (choice: Verdict) => string>> = {
  'result-awaited': () =>
    'The last attempt has no result yet: nothing is tried, and nobody is told anything, before it has one.',
  'no-legal-slot': (choice) => `No lawful slot is left: ${vetoesOf(choice)}.`,
  'held-out': (choice) =>
    `${whenOf(choice)}: this payer stays on the ladder, so that the model's worth can be measured.`,
  'no-model': (choice) => `${whenOf(choice)}: the ladder, as there is no model.`,
  'model-failed': (choice) => `${whenOf(choice)}: the ladder, as the model failed.`,
  'model-slow': (choice) => `${whenOf(choice)}: the ladder, as the model took too long.`,
  'model-invalid': (choice) => `${whenOf(choice)}: the ladder, as the model's answer was no probability.`,
  'ladder-is-best': (choice) =>
    `${whenOf(choice)}: the ladder's slot, which no other beats (${chanceOf(choice)}).`,
  'better-slot': (choice) =>
    `${whenOf(choice)} (${chanceOf(choice)}) rather than the ladder's ${ladderOf(choice)}.`,
  explored: (choice) =>
    `${whenOf(choice)} (${chanceOf(choice)}): drawn by lot among ${choice.eligible} lawful slots, to learn.`,
  'not-worth-it': ({ considered }) =>
    `Not tried again: at best ${percent(considered.at(-1)?.successProbability ?? 0)} likely to succeed, less than a failed debit costs.`,
};

export function explain(choice: Verdict): string {
  return SENTENCES[choice.reason](choice);
}

function vetoesOf({ vetoes }: Verdict): string {
  const most = Math.max(0, ...vetoes.map(({ slots }) => slots));
  const named = vetoes.map(({ rule, law, slots }) => {
    const source = law === null ? '' : ` (${law})`;
    return slots === most ? `${rule}${source}` : `${rule}${source} for ${slots} of ${most}`;
  });
  return named.join(', ');
}

function whenOf({ slot }: Verdict): string {
  return slot === null ? 'Not at all' : instant(slot.atMs);
}

function ladderOf({ ladderAtMs, considered }: Verdict): string {
  const ladder = considered.find(({ atMs }) => atMs === ladderAtMs);
  return `${instant(ladderAtMs ?? 0)} (${percent(ladder?.successProbability ?? 0)})`;
}

function chanceOf({ successProbability }: Verdict): string {
  return percent(successProbability ?? 0);
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** As a clock in Kolkata shows it. */
function instant(atMs: number): string {
  const minute = minuteOfDay(atMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${formatDay(dayOf(atMs))} ${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}
