/**
 * A line chart on logarithmic axes as a standalone SVG: a grid at each x and at 1 and 3 of each decade of y, each line
 * named at its end, and a dashed line that grows in proportion to x for the eye to compare with.
 */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Series {
  readonly name: string;
  readonly colour: string;
  /** Positive, ascending in x. */
  readonly points: readonly Point[];
}

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly series: readonly Series[];
}

const WIDTH = 800;
const HEIGHT = 480;
/** Right of the frame the lines are named. */
const FRAME = { left: 72, right: 616, top: 84, bottom: 416 };
const INK = '#1f2933';
const FAINT = '#616e7c';
const GRID = '#e4e7eb';
const LABEL_GAP = 18;

interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Pixels of a value. */
  at(value: number): number;
}

export function logLogPlot(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points);
  const x = axisOf([...new Set(points.map((point) => point.x))].sort(ascending), FRAME.left, FRAME.right);
  const y = axisOf(decadesAround(points.map((point) => point.y)), FRAME.bottom, FRAME.top);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" ` +
      `font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="13" fill="${INK}" role="img">`,
    `<title>${escape(plot.title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(plot.title, { x: FRAME.left, y: 34, size: 19, weight: 600 }),
    text(plot.subtitle, { x: FRAME.left, y: 56, fill: FAINT }),
    ...grid(x, y),
    text(plot.xTitle, {
      x: (FRAME.left + FRAME.right) / 2,
      y: FRAME.bottom + 44,
      anchor: 'middle',
      fill: FAINT,
    }),
    text(plot.yTitle, { x: FRAME.left, y: FRAME.top - 10, anchor: 'end', fill: FAINT }),
    proportional(points[0]!, x, y),
    ...plot.series.map((series) => line(series, x, y)),
    ...names(plot.series, x, y),
    '</svg>',
    '',
  ].join('\n');
}

/** From the first tick to the last. */
function axisOf(ticks: readonly number[], from: number, to: number): Axis {
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const perLog = (to - from) / Math.log(high / low);
  return { low, high, ticks, at: (value) => from + Math.log(value / low) * perLog };
}

/** 1 and 3 of each decade, from the one below the least value to the one above the greatest. */
function decadesAround(values: readonly number[]): number[] {
  const ticks = Array.from({ length: 19 }, (_, k) => [10 ** (k - 6), 3 * 10 ** (k - 6)]).flat();
  const first = ticks.findLastIndex((tick) => tick <= Math.min(...values));
  const last = ticks.findIndex((tick) => tick >= Math.max(...values));
  return ticks.slice(first, last + 1);
}

function ascending(a: number, b: number): number {
  return a - b;
}

function grid(x: Axis, y: Axis): string[] {
  const rule = (x1: number, y1: number, x2: number, y2: number): string =>
    `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${GRID}"/>`;
  return [
    ...x.ticks.flatMap((tick) => [
      rule(x.at(tick), FRAME.top, x.at(tick), FRAME.bottom),
      text(short(tick), { x: x.at(tick), y: FRAME.bottom + 20, anchor: 'middle' }),
    ]),
    ...y.ticks.flatMap((tick) => [
      rule(FRAME.left, y.at(tick), FRAME.right, y.at(tick)),
      text(short(tick), { x: FRAME.left - 8, y: y.at(tick) + 4, anchor: 'end' }),
    ]),
  ];
}

/** Through the first point with slope 1, as far as the frame goes. */
function proportional(start: Point, x: Axis, y: Axis): string {
  const factor = Math.min(x.high / start.x, y.high / start.y);
  const [endX, endY] = [x.at(start.x * factor), y.at(start.y * factor)];
  const angle = (Math.atan2(endY - y.at(start.y), endX - x.at(start.x)) * 180) / Math.PI;
  return (
    `<line x1="${px(x.at(start.x))}" y1="${px(y.at(start.y))}" x2="${px(endX)}" y2="${px(endY)}" ` +
    `stroke="${FAINT}" stroke-dasharray="5 5"/>` +
    `<text x="${px(endX - 28)}" y="${px(endY - 8)}" text-anchor="end" fill="${FAINT}" ` +
    `transform="rotate(${px(angle)} ${px(endX)} ${px(endY)})">in proportion to the rows</text>`
  );
}

function line({ points, colour }: Series, x: Axis, y: Axis): string {
  const places = points.map((point) => [px(x.at(point.x)), px(y.at(point.y))] as const);
  const path = places.map(([left, top], i) => `${i === 0 ? 'M' : 'L'}${left} ${top}`).join('');
  const dots = places.map(([left, top]) => `<circle cx="${left}" cy="${top}" r="4" fill="${colour}"/>`);
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2.5" stroke-linejoin="round"/>${dots.join('')}`;
}

/** Beside the last points, moved apart where they would overlap. */
function names(series: readonly Series[], x: Axis, y: Axis): string[] {
  const ends = series.map(({ name, colour, points }) => ({ name, colour, end: points.at(-1)! }));
  ends.sort((a, b) => b.end.y - a.end.y);
  let lowest = -Infinity;
  return ends.map(({ name, colour, end }) => {
    lowest = Math.max(y.at(end.y) + 4, lowest + LABEL_GAP);
    return text(name, { x: x.at(end.x) + 12, y: lowest, fill: colour, weight: 600 });
  });
}

interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly weight?: number;
  readonly fill?: string;
}

function text(content: string, { x, y, anchor, size, weight, fill }: TextStyle): string {
  const optional = [
    ...(anchor === undefined ? [] : [` text-anchor="${anchor}"`]),
    ...(size === undefined ? [] : [` font-size="${size}"`]),
    ...(weight === undefined ? [] : [` font-weight="${weight}"`]),
    ...(fill === undefined ? [] : [` fill="${fill}"`]),
  ];
  return `<text x="${px(x)}" y="${px(y)}"${optional.join('')}>${escape(content)}</text>`;
}

function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  if (value >= 1e3) return `${value / 1e3}k`;
  return String(Number(value.toPrecision(3)));
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
