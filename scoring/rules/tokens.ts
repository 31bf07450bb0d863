/**
 * A condition's text to tokens: numbers, quoted text without escapes, names and the symbols of the language. Faults name the
 * position, counted from 1, also for the parser and the checker.
 */
import { AppError } from '../../core/errors.js';

export const MAX_CONDITION_LENGTH = 2000;

export interface Token {
  /** Of its first character, from 0. */
  readonly at: number;
  readonly kind: 'number' | 'text' | 'name' | 'symbol' | 'end';
  readonly text: string;
}

/** `condition` is the field's name in requests; the position is for people. */
export function conditionError(at: number, message: string): AppError {
  const placed = `at position ${at + 1}: ${message}`;
  return new AppError('bad-input', 'bad-condition', `condition ${placed}`, {
    details: { position: at + 1, errors: [{ field: 'condition', message: placed }] },
  });
}

const SPACE = /[ \t\r\n]*/y;
/** Text holds no control character and no half of a pair: PostgreSQL stores neither. */
const TOKEN =
  /(?<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<text>"[^"\\\p{Cc}\p{Cs}]*"|'[^'\\\p{Cc}\p{Cs}]*')|(?<name>[A-Za-z_]\w*)|(?<symbol>\|\||&&|[=!<>]=|[!<>()[\],+\-*/])/uy;

/** The last one is the end. */
export function tokenize(source: string): Token[] {
  if (source.length > MAX_CONDITION_LENGTH)
    throw conditionError(MAX_CONDITION_LENGTH, `a condition has at most ${MAX_CONDITION_LENGTH} characters`);
  const tokens: Token[] = [];
  for (let at = skipSpace(source, 0); at < source.length; at = skipSpace(source, at)) {
    TOKEN.lastIndex = at;
    const groups = TOKEN.exec(source)?.groups;
    const found = Object.entries(groups ?? {}).find(([, text]) => text !== undefined);
    if (found === undefined) throw conditionError(at, unreadable(source, at));
    const [kind, text] = found as [Token['kind'], string];
    tokens.push({ kind, text, at });
    at += text.length;
  }
  return [...tokens, { kind: 'end', text: '', at: source.length }];
}

function skipSpace(source: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.test(source);
  return SPACE.lastIndex;
}

function unreadable(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at) ?? 0);
  if (character === '"' || character === "'")
    return 'this text has no closing quote (and may hold no backslash)';
  const meant = ({ '=': '==', '&': '&&', '|': '||' } as Readonly<Record<string, string>>)[character];
  return `unexpected ${JSON.stringify(character)}${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
}

/** For messages. */
export function shown(token: Token): string {
  return token.kind === 'end' ? 'the end' : JSON.stringify(token.text);
}
