/** `hasivu models challenge` and `compare`: a second model on the same live payments, and which of the two does better. */
import type { Command } from 'commander';
import { AppError } from '../../core/errors.js';
import { DAY_MS } from '../../features/vocabulary.js';
import type { Cli } from '../cli-io.js';
import { comparedModels, compareOn, wholeShadow } from '../compare-models.js';
import { comparisonText } from '../comparison-text.js';
import { openStores } from '../stores.js';
import { actorOf } from './actor.js';
import { indianDay } from './options.js';

interface ChallengeOptions {
  readonly stop?: true;
  readonly actor?: string;
  readonly reason?: string;
}

interface CompareOptions {
  readonly from?: number;
  readonly to?: number;
}

export function registerShadow(models: Command, cli: Cli): void {
  models
    .command('challenge')
    .description('let a saved fraud model score live payments in shadow: it decides nothing')
    .argument('[version]', 'version or its first digits')
    .option('--stop', 'end it')
    .option('--actor <name>', 'who; by default the user of this shell')
    .option('--reason <text>', 'why; kept in the history')
    .action(async (asked: string | undefined, options: ChallengeOptions) => {
      const stores = await openStores(cli);
      try {
        const { registry } = stores;
        const stop = options.stop === true;
        const version = asked ?? (stop ? (await registry.challenger('fraud'))?.version : undefined);
        if (version === undefined) throw noVersion(stop);
        const reason = options.reason ?? (stop ? 'no longer compared' : 'to be compared with the champion');
        const change = { actor: actorOf(cli, options), reason };
        const record = await registry[stop ? 'endChallenge' : 'challenge']('fraud', version, change);
        const short = record.version.slice(0, 12);
        cli.result(record, () =>
          stop
            ? `${short} no longer scores in shadow`
            : `${short} scores live payments in shadow within a quarter of a minute; then: hasivu models compare`,
        );
      } finally {
        await stores.close();
      }
    });
  models
    .command('compare')
    .description('champion and challenger on the live payments that both scored')
    .argument('[champion]', 'version or its first digits; the one in production if absent')
    .argument('[challenger]', 'version or its first digits; the one in shadow if absent')
    .option('--from <day>', 'first day, YYYY-MM-DD in India', indianDay)
    .option('--to <day>', 'last day', indianDay)
    .action(async (champion: string | undefined, challenger: string | undefined, options: CompareOptions) => {
      const stores = await openStores(cli);
      try {
        const models = await comparedModels(stores, {
          ...(champion === undefined ? {} : { champion }),
          ...(challenger === undefined ? {} : { challenger }),
        });
        const whole = wholeShadow(cli.clock);
        const span = {
          fromMs: options.from ?? whole.fromMs,
          untilMs: options.to === undefined ? whole.untilMs : options.to + DAY_MS,
        };
        const report = await compareOn(stores, cli.clock, models, span);
        cli.result(report, () => comparisonText(report));
      } finally {
        await stores.close();
      }
    });
}

function noVersion(stop: boolean): AppError {
  return stop
    ? new AppError('conflict', 'not-the-challenger', 'no fraud model is in shadow')
    : new AppError(
        'bad-input',
        'no-version',
        'name the version that is to score in shadow; `hasivu models list` shows them',
      );
}
