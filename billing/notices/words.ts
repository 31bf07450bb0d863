/** A merchant's own words for a notice: tried out with sample values before they are taken, so that no letter fails for them later. */
import type { Pool } from 'pg';
import { renderWords } from './render.js';
import type { Words } from './render.js';
import { TEMPLATES } from './templates.js';
import type { TemplateName } from './templates.js';

/** @throws AppError `template-broken`. */
export async function saveWords(
  pool: Pool,
  { template, language }: { readonly template: TemplateName; readonly language: string },
  words: Words,
  now: number,
): Promise<void> {
  const [main = language] = language.split('-', 1);
  await renderWords(words, sampleOf(template, false), main);
  await renderWords(words, sampleOf(template, true), main);
  await pool.query(
    `INSERT INTO notice_templates (template, language, subject, short, text, html, changed_at)
     VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000.0))
     ON CONFLICT (template, language) DO UPDATE SET subject = excluded.subject, short = excluded.short, text = excluded.text,
       html = excluded.html, changed_at = excluded.changed_at`,
    [template, language, words.subject, words.short, words.text, words.html, now],
  );
}

/** @param isFull with the optional values. */
function sampleOf(template: TemplateName, isFull: boolean): Record<string, string | number | null> {
  return Object.fromEntries(
    TEMPLATES[template].map((entry): [string, string | number | null] => {
      const name = entry.replace('?', '');
      if (entry.endsWith('?') && !isFull) return [name, null];
      if (name.endsWith('Paise')) return [name, '123450'];
      if (name.endsWith('At')) return [name, SAMPLE_AT];
      if (name.endsWith('On')) return [name, '2026-07-01'];
      return [name, name === 'currency' ? 'INR' : name];
    }),
  );
}

const SAMPLE_AT = Date.UTC(2026, 6, 1);
