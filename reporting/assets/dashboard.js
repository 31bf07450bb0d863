/**
 * Draws each chart from the table beside it: the first column gives the labels, the columns with a colour the series.
 * Without this file the tables are the page. Nothing is fetched and nothing is written into the page but the drawings.
 */
const { Chart, getComputedStyle, matchMedia } = window;
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const dark = matchMedia('(prefers-color-scheme: dark)');
const drawn = [];

for (const card of document.querySelectorAll('[data-chart]')) {
  bindToggle(card);
  if (Chart) drawn.push({ card, chart: draw(card) });
}
dark.addEventListener('change', redrawAll);

function redrawAll() {
  for (const entry of drawn) {
    entry.chart.destroy();
    entry.chart = draw(entry.card);
  }
}

function bindToggle(card) {
  const button = card.querySelector('[data-toggle]');
  const numbers = card.querySelector('.numbers');
  button.hidden = false;
  const show = (open) => {
    button.setAttribute('aria-expanded', String(open));
    numbers.toggleAttribute('data-open', open);
    // An open table scrolls, so the keyboard must reach it.
    if (open) numbers.tabIndex = 0;
    else numbers.removeAttribute('tabindex');
  };
  button.addEventListener('click', () => show(button.getAttribute('aria-expanded') !== 'true'));
  if (!Chart) show(true);
}

function draw(card) {
  const { labels, provisional, series } = readTable(card.querySelector('table'));
  const format = formatter(series[0].format, card.dataset.currency);
  const kind = card.dataset.chart;
  const theme = readTheme();
  return new Chart(card.querySelector('canvas'), {
    type: kind === 'lines' ? 'line' : 'bar',
    data: {
      labels,
      datasets: series.map((one, index) => dataset({ ...one, index }, kind, provisional, theme)),
    },
    options: options({ kind, format, theme, card, count: series.length }),
  });
}

function readTable(table) {
  const rows = [...table.tBodies[0].rows];
  const columns = [...table.tHead.rows[0].cells];
  const series = columns
    .map((head, index) => ({
      title: head.textContent.trim(),
      colour: head.dataset.colour,
      format: head.dataset.format,
      band: head.dataset.band,
      values: rows.map((row) => number(row.cells[index].dataset.value)),
    }))
    .filter((one) => one.colour);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    provisional: rows.map((row) => 'provisional' in row.dataset),
    series,
  };
}

function number(text) {
  return text === undefined || text === '' ? null : Number(text);
}

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    colour,
    ink: colour('ink'),
    soft: colour('ink-soft'),
    line: colour('line'),
    surface: colour('surface'),
  };
}

function dataset({ title, colour, values, index, band }, kind, provisional, theme) {
  const stroke = theme.colour(colour);
  if (band) {
    const fill = band === 'high' ? '-1' : false;
    return {
      label: title,
      data: values,
      fill,
      backgroundColor: `${stroke}2e`,
      borderWidth: 0,
      pointRadius: 0,
      band,
    };
  }
  if (kind !== 'lines') {
    // Side by side, a small series would take half of every bar's width: it stands before the large one instead.
    const overlaid = kind === 'bars' ? { grouped: false, order: -index } : {};
    return {
      label: title,
      data: values,
      backgroundColor: stroke,
      borderRadius: 2,
      maxBarThickness: 22,
      ...overlaid,
    };
  }
  const few = values.length <= 60;
  return {
    label: title,
    data: values,
    borderColor: stroke,
    backgroundColor: stroke,
    pointBackgroundColor: provisional.map((open) => (open ? theme.surface : stroke)),
    pointBorderColor: stroke,
    pointRadius: provisional.map((open) => (open ? 4 : few ? 2.5 : 0)),
    pointHoverRadius: 5,
    borderWidth: 2,
    // Points on the edge are drawn whole.
    clip: 8,
    cubicInterpolationMode: 'monotone',
    spanGaps: true,
    segment: { borderDash: (context) => (provisional[context.p1DataIndex] ? [4, 4] : undefined) },
  };
}

function options({ kind, format, theme, card, count }) {
  const stacked = kind === 'stacked';
  const font = { family: getComputedStyle(document.body).fontFamily, size: 12 };
  const ticks = { color: theme.soft, font };
  return {
    responsive: true,
    maintainAspectRatio: false,
    animation: calm.matches ? false : { duration: 350 },
    interaction: { mode: 'index', intersect: false },
    scales: {
      x: {
        stacked,
        grid: { display: false },
        border: { color: theme.line },
        ticks: { ...ticks, maxRotation: 0, autoSkipPadding: 24, callback: shortLabel },
      },
      y: {
        stacked,
        beginAtZero: !('floating' in card.dataset),
        ...('share' in card.dataset ? { max: 1 } : {}),
        grid: { color: theme.line },
        border: { display: false },
        ticks: { ...ticks, maxTicksLimit: 6, callback: (value) => format.axis(value) },
      },
    },
    plugins: {
      legend: {
        display: count > 1,
        position: 'bottom',
        reverse: kind === 'bars',
        labels: {
          // The lower edge of a band has no line of its own.
          filter: ({ datasetIndex }, { datasets }) => datasets[datasetIndex].band !== 'low',
          color: theme.soft,
          font,
          boxWidth: 10,
          boxHeight: 10,
          useBorderRadius: true,
          borderRadius: 2,
        },
      },
      tooltip: {
        backgroundColor: theme.ink,
        titleColor: theme.surface,
        bodyColor: theme.surface,
        titleFont: font,
        bodyFont: font,
        padding: 10,
        callbacks: { label: ({ dataset: { label }, parsed }) => ` ${label}: ${format.exact(parsed.y)}` },
      },
    },
  };
}

/** "12 Jul 2025" -> "12 Jul" in the year of the newest label, which stands in the page's heading. */
function shortLabel(value) {
  const label = this.getLabelForValue(value).split(' (')[0];
  const year = this.getLabels().at(-1).split(' (')[0].slice(-4);
  return label.endsWith(` ${year}`) && /^\d/.test(label) ? label.slice(0, -5) : label;
}

function formatter(format, currency) {
  const intl = (settings) => {
    const spoken = new Intl.NumberFormat('en-IN', settings);
    return (value) => spoken.format(value);
  };
  if (format === 'share') {
    return { axis: intl({ style: 'percent' }), exact: intl({ style: 'percent', minimumFractionDigits: 1 }) };
  }
  if (format === 'count') return { axis: intl({ maximumFractionDigits: 0 }), exact: intl({}) };
  const money = { style: 'currency', currency };
  return { axis: intl({ ...money, notation: 'compact', maximumFractionDigits: 1 }), exact: intl(money) };
}
