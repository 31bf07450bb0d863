/** `hasivu score`: a file of payments decided as the gate would decide it today, with one Parquet file of decisions as its result. */
import path from 'node:path';
import type { Command } from 'commander';
import { FEATURE_NAMES } from '../../features/definitions.js';
import { readColumnMap } from '../../ingest/column-map.js';
import { flushFacts } from '../../scoring/flush.js';
import { toFraudModel } from '../../scoring/fraud-model.js';
import { openGeo } from '../../scoring/geo.js';
import { openLiveChurn } from '../../scoring/live-churn.js';
import { openLiveRules } from '../../scoring/live-rules.js';
import { readPolicy } from '../../scoring/policy-file.js';
import { ACTIONS } from '../../scoring/request.js';
import { scoreFile } from '../../scoring/score-file.js';
import type { ScoredFile } from '../../scoring/score-file.js';
import { usableChampion } from '../champion.js';
import type { Cli } from '../cli-io.js';
import { withStages } from '../stages.js';
import { openStores } from '../stores.js';

interface Options {
  readonly file: string;
  readonly map?: string;
  readonly query?: string;
  readonly out: string;
  readonly skipBad?: boolean;
}

interface Outcome extends ScoredFile {
  readonly out: string;
  readonly rejectsFile: string | null;
  readonly modelVersion: string | null;
}

export function registerScore(program: Command, cli: Cli): void {
  program
    .command('score')
    .description('decide on a file of payments as the gate would, over the history in the lake')
    .requiredOption('--file <path>', 'CSV (any delimiter, also gzip) or Parquet')
    .requiredOption('--out <path>', 'Parquet file of decisions; replaced when it exists')
    .option('--map <path>', 'JSON that names the columns; not needed when they have canonical names')
    .option('--query <sql>', 'one SELECT over the view input that gives canonical columns')
    .option('--skip-bad', 'score the good rows and write the bad ones to the rejects folder')
    .action(async (options: Options) => {
      const outcome = await scoreOptions(cli, options);
      cli.result(outcome, () => describe(outcome));
    });
}

async function scoreOptions(cli: Cli, { file, map, query, out, skipBad }: Options): Promise<Outcome> {
  const { clock, log } = cli;
  const { dataDir, geoipFile, policyFile } = cli.config();
  const columns = map === undefined ? {} : await readColumnMap(map);
  const policy = await readPolicy(policyFile);
  const countryOf = await openGeo(geoipFile);
  const stores = await openStores(cli);
  try {
    const { pool, lake, registry } = stores;
    await flushFacts(pool, lake);
    const rules = await openLiveRules({ pool, clock, log, featureNames: FEATURE_NAMES });
    const champion = await usableChampion(registry);
    const model = champion === null ? null : toFraudModel(champion);
    const rejectsFile =
      skipBad === true ? path.join(dataDir, 'rejects', `${path.basename(file)}.scored.csv`) : null;
    const churn = await openLiveChurn(pool);
    const deps = {
      pool,
      lake,
      countryOf,
      rules: rules.ruleSet(),
      lists: rules.lists(),
      churn,
      policy,
      model,
    };
    const scored = await withStages(cli, (onProgress) =>
      scoreFile({ ...deps, onProgress }, { file, map: columns, query, out, rejectsFile }),
    );
    return {
      ...scored,
      out,
      rejectsFile: scored.rejected > 0 ? rejectsFile : null,
      modelVersion: model?.version ?? null,
    };
  } finally {
    await stores.close();
  }
}

function describe({ payments, rejected, actions, out, rejectsFile, modelVersion }: Outcome): string {
  const shares = ACTIONS.map((action) => `${action} ${actions[action]}`).join(', ');
  const by =
    modelVersion === null
      ? 'rules alone: no fraud model is in production'
      : `model ${modelVersion.slice(0, 12)}`;
  const said = [`${payments} payments scored into ${out} by ${by}`, shares];
  if (rejectsFile !== null) said.push(`${rejected} bad rows set aside in ${rejectsFile}`);
  return said.join('\n');
}
