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

interface SpanAhead {
  readonly days: number;
  readonly weights: Float64Array;
}

interface Ahead {
  /** The day after so many weeks of the history. */
  fromOn(weeks: number): string;
  /** What is still to come of a span: its days, and what each week counts for the top-down forecast (h). */
  readonly thirteen: SpanAhead;
  readonly quarter: SpanAhead;
}

export function bottomUpOf(
  { weight, topDown, components, rehearsals }: BlendedForecast,
  { fromOn, thirteen, quarter }: Ahead,
): BottomUp {
  const spanOf = (span: BottomUpSpan['span'], { days, weights }: SpanAhead): BottomUpSpan => {
    const total = (path: Float64Array): number =>
      Math.round(path.subarray(0, days).reduce((sum, value) => sum + value, 0));
    const [contracted, recovery, begun, oneOff] = COMPONENTS.map((name) => total(components[name])) as [
      number,
      number,
      number,
      number,
    ];
    const bottomUp = contracted + recovery + begun + oneOff;
    return {
      span,
      topDown: Math.round(weights.reduce((sum, weight, t) => sum + weight * topDown[t]!, 0)),
      bottomUp,
      contracted,
      recovery,
      new: begun,
      oneOff,
    };
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
