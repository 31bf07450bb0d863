/** What a blended forecast is made of, in whole minor units: its components, both answers beside each other, and its rehearsals. */
import type { BlendedForecast } from './blend-components.js';
import { COMPONENTS, type Component } from './components.js';

/** Of what is still to come; what of the open quarter has come is no component. */
export interface BottomUpSpan extends Readonly<Record<Component, number>> {
  readonly span: 'thirteen-weeks' | 'quarter';
  readonly topDown: number;
  readonly bottomUp: number;
}

export interface BottomUp {
  /** What the bottom-up forecast counts for, 0 to 1. */
  readonly weight: number;
  readonly spans: readonly BottomUpSpan[];
  /** Thirteen weeks from earlier ends of the history. */
  readonly trials: readonly {
    readonly fromOn: string;
    readonly topDown: number;
    readonly bottomUp: number;
    readonly blend: number;
    readonly actual: number;
  }[];
}

interface Ahead {
  /** The day after so many weeks of the history. */
  fromOn(weeks: number): string;
  /** What each week counts (h). */
  readonly thirteen: Float64Array;
  readonly quarter: Float64Array;
}

export function bottomUpOf(
  { weight, topDown, components, rehearsals }: BlendedForecast,
  { fromOn, thirteen, quarter }: Ahead,
): BottomUp {
  const spanOf = (span: BottomUpSpan['span'], weights: Float64Array): BottomUpSpan => {
    const weigh = (path: Float64Array): number =>
      Math.round(weights.reduce((sum, value, t) => sum + value * path[t]!, 0));
    const [contracted, recovery, begun, oneOff] = COMPONENTS.map((name) => weigh(components[name])) as [
      number,
      number,
      number,
      number,
    ];
    const bottomUp = contracted + recovery + begun + oneOff;
    return { span, topDown: weigh(topDown), bottomUp, contracted, recovery, new: begun, oneOff };
  };
  return {
    weight,
    spans: [spanOf('thirteen-weeks', thirteen), spanOf('quarter', quarter)],
    trials: rehearsals.map(({ weeks, ...amounts }) => ({
      fromOn: fromOn(weeks),
      topDown: Math.round(amounts.topDown),
      bottomUp: Math.round(amounts.bottomUp),
      blend: Math.round(amounts.blend),
      actual: Math.round(amounts.actual),
    })),
  };
}
