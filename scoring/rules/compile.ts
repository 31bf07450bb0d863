/**
 * A condition to a function. Types are checked here, with positions and the nearest known name. What is missing is
 * unknown, as CEL has it: neither a comparison with it nor its negation holds, so a rule fires only when its condition is
 * true whatever the missing value would have been. To that end negation is pushed down to the comparisons, which
 * JavaScript itself makes false for NaN; `missing(x)` and `orElse(x, value)` speak of the missing explicitly.
 */
import { suggestion } from '../../ingest/nearest-name.js';
import type { Field, Subject } from './fields.js';
import { parseCondition } from './parse.js';
import type { Comparison, Literal, Node } from './parse.js';
import { conditionError } from './tokens.js';

type Test = (subject: Subject) => boolean;
type ReadNumber = (subject: Subject) => number;
type ReadText = (subject: Subject) => string | null;

/** `fails` is not the opposite of `holds`: with something missing, both may be false. */
interface TruthTerm {
  readonly type: 'truth';
  readonly holds: Test;
  readonly fails: Test;
}
interface NumberTerm {
  readonly type: 'number';
  readonly read: ReadNumber;
  readonly constant: number | null;
  /** Place in the vector of a bare feature. */
  readonly position: number | null;
}
interface TextTerm {
  readonly type: 'text';
  readonly read: ReadText;
  readonly constant: string | null;
  /** The bare field, whose values are known. */
  readonly field: (Field & { readonly type: 'text' }) | null;
}
type Term = TruthTerm | NumberTerm | TextTerm;

interface Condition {
  readonly holds: Test;
  /** The fields that it names, sorted. */
  readonly names: readonly string[];
}

type Fields = ReadonlyMap<string, Field>;

/** @throws AppError `bad-input` with the position. */
export function compileCondition(source: string, fields: Fields): Condition {
  const tree = parseCondition(source);
  const names = new Set<string>();
  const term = termOf(tree, {
    get: (name) => {
      names.add(name);
      return fields.get(name);
    },
    known: [...fields.keys()],
  });
  if (term.type !== 'truth')
    throw conditionError(tree.at, `a condition is true or false, this is a ${term.type}`);
  if (names.size === 0)
    throw conditionError(0, 'the condition names no field: it would treat all payments alike');
  return { holds: term.holds, names: [...names].sort() };
}

interface Scope {
  get(name: string): Field | undefined;
  readonly known: readonly string[];
}

function termOf(node: Node, scope: Scope): Term {
  switch (node.kind) {
    case 'number':
      return { type: 'number', read: () => node.value, constant: node.value, position: null };
    case 'text':
      return { type: 'text', read: () => node.value, constant: node.value, field: null };
    case 'name':
      return fieldTerm(fieldOf(node.name, node.at, scope));
    case 'call':
      return callTerm(node, scope);
    case 'minus':
      return minusTerm(numberOf(node.operand, scope));
    case 'not': {
      const { holds, fails } = truthOf(node.operand, scope);
      return { type: 'truth', holds: fails, fails: holds };
    }
    case 'in':
      return membership(node, scope);
    case 'logic':
      return logicTerm(node.operator, truthOf(node.left, scope), truthOf(node.right, scope));
    case 'comparison':
      return comparison(node, scope);
    case 'arithmetic':
      return arithmetic(node.operator, numberOf(node.left, scope), numberOf(node.right, scope));
    default:
      return node satisfies never;
  }
}

function fieldOf(name: string, at: number, scope: Scope): Field {
  const field = scope.get(name);
  if (field !== undefined) return field;
  throw conditionError(at, `there is no field ${JSON.stringify(name)}${suggestion(name, scope.known)}`);
}

function fieldTerm(field: Field): NumberTerm | TextTerm {
  return field.type === 'number'
    ? { type: 'number', read: field.read, constant: null, position: field.position }
    : { type: 'text', read: field.read, constant: null, field };
}

function numberOf(node: Node, scope: Scope): NumberTerm {
  const term = termOf(node, scope);
  if (term.type === 'number') return term;
  throw conditionError(node.at, `expected a number, this is a ${term.type}`);
}

function truthOf(node: Node, scope: Scope): TruthTerm {
  const term = termOf(node, scope);
  if (term.type === 'truth') return term;
  throw conditionError(node.at, `expected something true or false, this is a ${term.type}: compare it`);
}

function logicTerm(operator: '&&' | '||', left: TruthTerm, right: TruthTerm): TruthTerm {
  const both =
    (a: Test, b: Test): Test =>
    (subject) =>
      a(subject) && b(subject);
  const either =
    (a: Test, b: Test): Test =>
    (subject) =>
      a(subject) || b(subject);
  return operator === '&&'
    ? { type: 'truth', holds: both(left.holds, right.holds), fails: either(left.fails, right.fails) }
    : { type: 'truth', holds: either(left.holds, right.holds), fails: both(left.fails, right.fails) };
}

function minusTerm({ read, constant }: NumberTerm): NumberTerm {
  return {
    type: 'number',
    read: (subject) => -read(subject),
    constant: constant === null ? null : -constant,
    position: null,
  };
}

function arithmetic(
  operator: '+' | '-' | '*' | '/',
  { read: left }: NumberTerm,
  { read: right }: NumberTerm,
): NumberTerm {
  const read: Readonly<Record<typeof operator, ReadNumber>> = {
    '+': (subject) => left(subject) + right(subject),
    '-': (subject) => left(subject) - right(subject),
    '*': (subject) => left(subject) * right(subject),
    '/': (subject) => left(subject) / right(subject),
  };
  return { type: 'number', read: read[operator], constant: null, position: null };
}

type NodeOf<Kind extends Node['kind']> = Node & { readonly kind: Kind };

function comparison(node: NodeOf<'comparison'>, scope: Scope): TruthTerm {
  const left = termOf(node.left, scope);
  const right = termOf(node.right, scope);
  if (left.type === 'number' && right.type === 'number') return numberComparison(node.operator, left, right);
  if (left.type === 'text' && right.type === 'text') {
    checkValue(left, right, node.right.at);
    checkValue(right, left, node.left.at);
    if (node.operator === '==') return textEquality(left, right);
    if (node.operator === '!=') return opposite(textEquality(left, right));
    throw conditionError(node.at, `texts are compared with ==, != or in, not with ${node.operator}`);
  }
  throw conditionError(node.at, `cannot compare a ${left.type} with a ${right.type}`);
}

function opposite({ holds, fails }: TruthTerm): TruthTerm {
  return { type: 'truth', holds: fails, fails: holds };
}

const MIRRORED: Readonly<Record<Comparison, Comparison>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};
const NEGATED: Readonly<Record<Comparison, Comparison>> = {
  '==': '!=',
  '!=': '==',
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
};

function numberComparison(operator: Comparison, left: NumberTerm, right: NumberTerm): TruthTerm {
  if (left.constant !== null && right.constant === null)
    return numberComparison(MIRRORED[operator], right, left);
  const test = (of: Comparison): Test => {
    if (left.position !== null && right.constant !== null)
      return featureTest(of, left.position, Math.fround(right.constant));
    return numberTest(of, left.read, right.read);
  };
  return { type: 'truth', holds: test(operator), fails: test(NEGATED[operator]) };
}

/** The constant is rounded as the features are, so that `share == 0.1` can hold. */
function featureTest(operator: Comparison, at: number, constant: number): Test {
  switch (operator) {
    case '==':
      return ({ vector }) => vector[at] === constant;
    case '!=':
      return ({ vector }) => {
        const value = vector[at] ?? NaN;
        return value < constant || value > constant;
      };
    case '<':
      return ({ vector }) => (vector[at] ?? NaN) < constant;
    case '<=':
      return ({ vector }) => (vector[at] ?? NaN) <= constant;
    case '>':
      return ({ vector }) => (vector[at] ?? NaN) > constant;
    case '>=':
      return ({ vector }) => (vector[at] ?? NaN) >= constant;
    default:
      return operator satisfies never;
  }
}

function numberTest(operator: Comparison, left: ReadNumber, right: ReadNumber): Test {
  switch (operator) {
    case '==':
      return (subject) => left(subject) === right(subject);
    case '!=':
      return (subject) => {
        const [a, b] = [left(subject), right(subject)];
        return a < b || a > b;
      };
    case '<':
      return (subject) => left(subject) < right(subject);
    case '<=':
      return (subject) => left(subject) <= right(subject);
    case '>':
      return (subject) => left(subject) > right(subject);
    case '>=':
      return (subject) => left(subject) >= right(subject);
    default:
      return operator satisfies never;
  }
}

function textEquality({ read: left }: TextTerm, { read: right }: TextTerm): TruthTerm {
  return {
    type: 'truth',
    holds: (subject) => {
      const value = left(subject);
      return value !== null && value === right(subject);
    },
    fails: (subject) => {
      const [a, b] = [left(subject), right(subject)];
      return a !== null && b !== null && a !== b;
    },
  };
}

function membership({ operand, items, at }: NodeOf<'in'>, scope: Scope): TruthTerm {
  const term = termOf(operand, scope);
  if (term.type === 'truth') throw conditionError(at, 'only a number or a text can be in a list');
  for (const item of items) {
    if (item.kind !== term.type)
      throw conditionError(item.at, `expected a ${term.type}, this is a ${item.kind}`);
    if (term.type === 'text') checkValue(term, constantText(item), item.at);
  }
  if (term.type === 'text') return inSet(term.read, new Set(items.map(({ value }) => String(value))));
  const round = term.position === null ? Number : (value: unknown) => Math.fround(Number(value));
  const read = (subject: Subject): number | null => {
    const value = term.read(subject);
    return Number.isNaN(value) ? null : value;
  };
  return inSet(read, new Set(items.map(({ value }) => round(value))));
}

function inSet<T>(read: (subject: Subject) => T | null, set: ReadonlySet<T>): TruthTerm {
  return {
    type: 'truth',
    holds: (subject) => {
      const value = read(subject);
      return value !== null && set.has(value);
    },
    fails: (subject) => {
      const value = read(subject);
      return value !== null && !set.has(value);
    },
  };
}

function constantText(item: Literal): TextTerm {
  const value = String(item.value);
  return { type: 'text', read: () => value, constant: value, field: null };
}

/** A text that the field can never have is a slip of the pen. */
function checkValue({ field }: TextTerm, { constant }: TextTerm, at: number): void {
  if (field === null || constant === null) return;
  const { name, values, shape } = field;
  if (values !== null && !values.includes(constant))
    throw conditionError(at, `${name} is never ${JSON.stringify(constant)}${suggestion(constant, values)}`);
  if (shape !== null && !shape.pattern.test(constant))
    throw conditionError(
      at,
      `${name} is never ${JSON.stringify(constant)}: it looks like ${JSON.stringify(shape.example)}`,
    );
}

const FUNCTIONS = ['missing', 'orElse'] as const;

function callTerm({ name, operands, at }: NodeOf<'call'>, scope: Scope): Term {
  const [first, second] = operands;
  if (name === 'missing') {
    if (first?.kind !== 'name' || operands.length !== 1)
      throw conditionError(at, 'missing takes the name of one field, as in missing(deviceId)');
    return missingTerm(fieldTerm(fieldOf(first.name, first.at, scope)));
  }
  if (name === 'orElse') {
    if (first === undefined || second === undefined || operands.length !== 2)
      throw conditionError(
        at,
        'orElse takes a value and what stands for it when missing, as in orElse(kmPerHour, 0)',
      );
    return orElseTerm(termOf(first, scope), termOf(second, scope), second.at);
  }
  throw conditionError(at, `there is no function ${JSON.stringify(name)}${suggestion(name, FUNCTIONS)}`);
}

function missingTerm(term: NumberTerm | TextTerm): TruthTerm {
  const holds: Test =
    term.type === 'number'
      ? (subject) => Number.isNaN(term.read(subject))
      : (subject) => term.read(subject) === null;
  return { type: 'truth', holds, fails: (subject) => !holds(subject) };
}

function orElseTerm(value: Term, substitute: Term, at: number): Term {
  if (value.type === 'number' && substitute.type === 'number') {
    const read: ReadNumber = (subject) => {
      const known = value.read(subject);
      return Number.isNaN(known) ? substitute.read(subject) : known;
    };
    return { type: 'number', read, constant: null, position: null };
  }
  if (value.type === 'text' && substitute.type === 'text') {
    const read: ReadText = (subject) => value.read(subject) ?? substitute.read(subject);
    return { type: 'text', read, constant: null, field: null };
  }
  throw conditionError(at, `expected a ${value.type}, this is a ${substitute.type}`);
}
