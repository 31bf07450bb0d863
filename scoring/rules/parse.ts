/**
 * The text of a rule's condition to a tree. The language is a small subset of CEL (Common Expression Language, cel-spec):
 * `||`, `&&`, `!`, comparisons, `in [...]`, `+ - * /`, numbers, quoted text, names and calls. Every error names the
 * position; length, nesting and size are bounded, so no text can hold up the gate or the stack.
 */
import { conditionError, shown, tokenize } from './tokens.js';
import type { Token } from './tokens.js';

const MAX_NODES = 200;
const MAX_DEPTH = 40;

const COMPARISONS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Comparison = (typeof COMPARISONS)[number];

interface At {
  /** Of the first character of its operator, name or literal; from 0. */
  readonly at: number;
}
export type Literal = At &
  ({ readonly kind: 'number'; readonly value: number } | { readonly kind: 'text'; readonly value: string });

export type Node =
  | Literal
  | (At & { readonly kind: 'name'; readonly name: string })
  | (At & { readonly kind: 'call'; readonly name: string; readonly operands: readonly Node[] })
  | (At & { readonly kind: 'not' | 'minus'; readonly operand: Node })
  | (At & { readonly kind: 'in'; readonly operand: Node; readonly items: readonly Literal[] })
  | (At & Operation<'logic', '&&' | '||'>)
  | (At & Operation<'comparison', Comparison>)
  | (At & Operation<'arithmetic', '+' | '-' | '*' | '/'>);

interface Operation<Kind, Operator> {
  readonly kind: Kind;
  readonly operator: Operator;
  readonly left: Node;
  readonly right: Node;
}

/** Words that people write for the operators. */
const WORDS: Readonly<Record<string, string>> = { and: '&&', or: '||', not: '!' };

/** A place in the tokens, with the bounds on what is made of them. */
interface Reader {
  peek(): Token;
  next(): Token;
  isSymbol(...symbols: readonly string[]): boolean;
  expect(symbol: string): void;
  /** Counts a part of the tree. */
  node<N extends Node>(made: N): N;
  /** Counts how deep `parse` is nested. */
  nested<T>(parse: () => T): T;
}

function createReader(tokens: readonly Token[]): Reader {
  let position = 0;
  let nodes = 0;
  let depth = 0;
  const peek = (): Token => tokens[Math.min(position, tokens.length - 1)] as Token;
  const next = (): Token => {
    const token = peek();
    position++;
    return token;
  };
  const isSymbol: Reader['isSymbol'] = (...symbols) =>
    peek().kind === 'symbol' && symbols.includes(peek().text);
  return {
    peek,
    next,
    isSymbol,
    expect: (symbol) => {
      if (!isSymbol(symbol))
        throw conditionError(peek().at, `expected ${JSON.stringify(symbol)}, found ${shown(peek())}`);
      next();
    },
    node: (made) => {
      if (++nodes > MAX_NODES) throw conditionError(made.at, `a condition has at most ${MAX_NODES} parts`);
      return made;
    },
    nested: (parse) => {
      if (++depth > MAX_DEPTH) throw conditionError(peek().at, `parts are nested deeper than ${MAX_DEPTH}`);
      const made = parse();
      depth--;
      return made;
    },
  };
}

/** @throws AppError `bad-input` with the position. Recursive descent: one function for each level of precedence. */
export function parseCondition(source: string): Node {
  const reader = createReader(tokenize(source));
  const tree = either(reader);
  const { kind, text, at } = reader.peek();
  if (kind === 'end') return tree;
  const word = WORDS[text];
  const expected = word === undefined ? 'an operator or the end' : `an operator (write ${word} for ${text})`;
  throw conditionError(at, `expected ${expected}, found ${shown(reader.peek())}`);
}

function either(reader: Reader): Node {
  let left = both(reader);
  while (reader.isSymbol('||')) {
    const { at } = reader.next();
    left = reader.node({ kind: 'logic', operator: '||', left, right: both(reader), at });
  }
  return left;
}

function both(reader: Reader): Node {
  let left = relation(reader);
  while (reader.isSymbol('&&')) {
    const { at } = reader.next();
    left = reader.node({ kind: 'logic', operator: '&&', left, right: relation(reader), at });
  }
  return left;
}

function relation(reader: Reader): Node {
  const left = sum(reader);
  if (reader.peek().kind === 'name' && reader.peek().text === 'in') {
    const { at } = reader.next();
    reader.expect('[');
    return reader.node({ kind: 'in', operand: left, items: listOf(reader, literal, ']'), at });
  }
  if (!reader.isSymbol(...COMPARISONS)) return left;
  const { text, at } = reader.next();
  const operator = text as Comparison;
  const compared = reader.node({ kind: 'comparison', operator, left, right: sum(reader), at });
  if (!reader.isSymbol(...COMPARISONS)) return compared;
  throw conditionError(reader.peek().at, 'comparisons cannot be chained: join two with &&');
}

function sum(reader: Reader): Node {
  let left = product(reader);
  while (reader.isSymbol('+', '-')) {
    const { text, at } = reader.next();
    left = reader.node({ kind: 'arithmetic', operator: text as '+' | '-', left, right: product(reader), at });
  }
  return left;
}

function product(reader: Reader): Node {
  let left = unary(reader);
  while (reader.isSymbol('*', '/')) {
    const { text, at } = reader.next();
    left = reader.node({ kind: 'arithmetic', operator: text as '*' | '/', left, right: unary(reader), at });
  }
  return left;
}

function unary(reader: Reader): Node {
  return reader.nested(() => {
    if (!reader.isSymbol('!', '-')) return primary(reader);
    const { text, at } = reader.next();
    return reader.node({ kind: text === '!' ? 'not' : 'minus', operand: unary(reader), at });
  });
}

function primary(reader: Reader): Node {
  if (reader.isSymbol('(')) {
    reader.next();
    const inner = either(reader);
    reader.expect(')');
    return inner;
  }
  return reader.peek().kind === 'name' ? nameOrCall(reader) : literal(reader);
}

function nameOrCall(reader: Reader): Node {
  const { text: name, at } = reader.next();
  const word = WORDS[name];
  if (word !== undefined) throw conditionError(at, `write ${word} for ${name}`);
  if (name === 'in') throw conditionError(at, 'a value is missing before in');
  if (!reader.isSymbol('(')) return reader.node({ kind: 'name', name, at });
  reader.next();
  return reader.node({ kind: 'call', name, operands: listOf(reader, either, ')'), at });
}

function literal(reader: Reader): Literal {
  const token = reader.next();
  const { at, kind, text } = token;
  if (kind === 'number') return reader.node({ kind, value: Number(text), at });
  if (kind === 'text') return reader.node({ kind, value: text.slice(1, -1), at });
  throw conditionError(at, `expected a value, found ${shown(token)}`);
}

/** Items with commas between them, up to and with `close`. */
function listOf<T>(reader: Reader, item: (reader: Reader) => T, close: string): T[] {
  const items = [item(reader)];
  while (reader.isSymbol(',')) {
    reader.next();
    items.push(item(reader));
  }
  reader.expect(close);
  return items;
}
