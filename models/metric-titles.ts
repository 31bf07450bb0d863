/** What people read for the metrics that artefacts name. */
const TITLES: Readonly<Record<string, string>> = {
  aucRoc: 'AUC',
  averagePrecision: 'Average precision',
  recallAtFpr001: 'Recall at 0.1 % false positives',
  recallAtFpr005: 'Recall at 0.5 % false positives',
  brier: 'Brier (lower is better)',
  logLoss: 'Log-loss (lower is better)',
  calibrationError: 'Calibration error (lower is better)',
  liftAt10: 'Lift of the highest tenth',
  voluntaryAucRoc: 'AUC of voluntary ends',
  involuntaryAucRoc: 'AUC of lapses',
  valueSavedShare: 'Share of fraud cost saved',
};

export function metricTitle(name: string): string {
  return TITLES[name] ?? name;
}
