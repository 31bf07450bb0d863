/** Parsers of what `hasivu evaluate table` is told about columns and learners. A value that is none is bad usage. */
import { InvalidArgumentError } from 'commander';
import { TABLE_LEARNERS } from '../../models/auto/auto.js';
import type { TableLearner } from '../../models/auto/auto.js';
import { OBJECTIVES } from '../../models/trees/objective.js';
import type { Objective } from '../../models/trees/objective.js';

/** `a,b` */
export function names(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** `amount:+1,age:-1` */
export function monotone(text: string): Record<string, 1 | -1> {
  const signs = names(text).map((part) => {
    const [, name, sign] = /^(.+):([+-]?1)$/.exec(part) ?? [];
    if (name !== undefined && sign !== undefined) return [name, sign === '-1' ? -1 : 1] as const;
    throw new InvalidArgumentError(`"${part}" is no sign of a feature; write for instance amount:+1,age:-1.`);
  });
  return Object.fromEntries(signs);
}

/** `a+b,c+d` */
export function interactions(text: string): string[][] {
  return names(text).map((group) => {
    const members = group.split('+').map((name) => name.trim());
    if (members.length > 1 && members.every((name) => name !== '')) return members;
    throw new InvalidArgumentError(`"${group}" is no group of features; write for instance a+b,c+d.`);
  });
}

export function share(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < 1) return value;
  throw new InvalidArgumentError('give a number between 0 and 1.');
}

export function learnerName(text: string): TableLearner {
  return oneOf(TABLE_LEARNERS, text);
}

export function objectiveName(text: string): Objective {
  return oneOf(OBJECTIVES, text);
}

function oneOf<T extends string>(known: readonly T[], text: string): T {
  const found = known.find((name) => name === text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`known are ${known.join(', ')}.`);
}
