/**
 * Words out of a template and values. Liquid is made for templates that users write: it runs no code, sees only the values it is given,
 * and here a missing value is an error, never a gap in a letter. HTML is escaped where it is made; money and instants are written out
 * for India (Asia/Kolkata).
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Liquid } from 'liquidjs';
import type { Pool } from 'pg';
import { AppError } from '../../core/errors.js';
import { formatMoney } from '../../core/money.js';
import { packageRoot } from '../../core/package-root.js';
import { phraseOf } from './phrases.js';
import type { NoticeValues } from './post.js';
import { TEMPLATES } from './templates.js';
import type { TemplateName } from './templates.js';

const DEFAULT_LANGUAGE = 'en';

export interface Words {
  readonly subject: string;
  /** One line, for short messages. */
  readonly short: string;
  readonly text: string;
  /** Null: made of the text. */
  readonly html: string | null;
}

export interface Rendered extends Words {
  readonly html: string;
  readonly language: string;
}

const LIMITS = { parseLimit: 20_000, renderLimit: 500, memoryLimit: 1_000_000 } as const;
const STRICT = { strictVariables: true, strictFilters: true, ownPropertyOnly: true, ...LIMITS } as const;
const plain = new Liquid({ ...STRICT, templates: {} });
const escaping = new Liquid({ ...STRICT, templates: {}, outputEscape: 'escape' });

/** @throws AppError `template-broken` when it does not parse or misses a value. */
export async function renderWords(words: Words, values: NoticeValues, language: string): Promise<Rendered> {
  const view = viewOf(values, language);
  try {
    const [subject, short, text] = await Promise.all(
      [words.subject, words.short, words.text].map(
        (part) => plain.parseAndRender(part, view) as Promise<string>,
      ),
    );
    const letter = tidy(text ?? '');
    const html =
      words.html === null ? htmlOf(letter) : ((await escaping.parseAndRender(words.html, view)) as string);
    return { subject: line(subject), short: line(short), text: letter, html, language };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('bad-input', 'template-broken', `the template cannot be used: ${reason}`, { cause });
  }
}

/** One line: nothing in it may begin another header. */
function line(text = ''): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** At most one empty line between paragraphs, whatever conditions left. */
function tidy(text: string): string {
  return `${text.trim().replace(/\n{3,}/g, '\n\n')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Paragraphs; one that is an https address alone becomes a link. */
function htmlOf(text: string): string {
  const escaped = (part: string) => part.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
  const paragraphs = text
    .trim()
    .split('\n\n')
    .map((paragraph) => {
      const words = escaped(paragraph.trim());
      const content = /^https?:\/\/\S+$/.test(words)
        ? `<a href="${words}">${words}</a>`
        : words.replace(/\n/g, '<br>');
      return `<p>${content}</p>`;
    });
  return `<!doctype html><html><body style="font-family:sans-serif;max-width:36em">${paragraphs.join('')}</body></html>`;
}

const ZONE = 'Asia/Kolkata';

/** `amountPaise` is seen as `amount`; instants and days keep their names. */
function viewOf(values: NoticeValues, language: string): Record<string, string | null> {
  const moment = new Intl.DateTimeFormat(`${language}-IN`, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: ZONE,
  });
  const day = new Intl.DateTimeFormat(`${language}-IN`, { dateStyle: 'long', timeZone: 'UTC' });
  const currency = String(values['currency'] ?? 'INR');
  return Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, string | null] => {
      if (value === null) return [name, null];
      if (name.endsWith('Paise'))
        return [name.slice(0, -'Paise'.length), formatMoney(BigInt(value), currency)];
      if (name.endsWith('At')) return [name, moment.format(Number(value))];
      if (name.endsWith('On')) return [name, day.format(Date.parse(String(value)))];
      return [name, phraseOf(name, String(value), language)];
    }),
  );
}

/** Optional values that were left out are null, required ones stay missing. */
export function withAbsent(template: TemplateName, values: NoticeValues): NoticeValues {
  const optional = TEMPLATES[template].filter((name) => name.endsWith('?')).map((name) => name.slice(0, -1));
  return { ...Object.fromEntries(optional.map((name) => [name, null])), ...values };
}

/** The merchant's words, or those of the program: in the language, its main language, or the default one. */
export async function findWords(
  pool: Pool,
  template: TemplateName,
  language: string | null,
): Promise<{ readonly words: Words; readonly language: string }> {
  const wanted = language ?? DEFAULT_LANGUAGE;
  const languages = [...new Set([wanted, wanted.split('-', 1)[0] ?? wanted, DEFAULT_LANGUAGE])];
  const { rows } = await pool.query<Words & { language: string }>(
    'SELECT language, subject, short, text, html FROM notice_templates WHERE template = $1 AND language = ANY($2)',
    [template, languages],
  );
  for (const one of languages) {
    const words = rows.find((row) => row.language === one) ?? (await wordsOfFile(template, one));
    if (words !== null) return { words, language: one.split('-', 1)[0] ?? one };
  }
  throw new Error(`assertion failed: ${template} has no words in ${DEFAULT_LANGUAGE}`);
}

const FILE = /^Subject: ([^\n]+)\nShort: ([^\n]+)\n\n(.+)$/s;
/** A language as it may stand in a file's name. */
const LANGUAGE = /^[a-z]{2,3}$/;

async function wordsOfFile(template: TemplateName, language: string): Promise<Words | null> {
  if (!LANGUAGE.test(language)) return null;
  const file = path.join(packageRoot(), 'billing', 'notices', 'templates', `${template}.${language}.liquid`);
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const parts = FILE.exec(content ?? '');
  if (parts === null) return null;
  const [, subject = '', short = '', text = ''] = parts;
  return { subject, short, text, html: null };
}
