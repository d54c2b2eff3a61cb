/** The log of one batch. Its logger is made when something is said of the batch, which is rare. */
import { batchName, type BatchOrder } from '@muster/protocol';
import type { Logger, TraceIds } from '@muster/runtime';

export class BatchLog {
  #logger: Logger | undefined;
  #ids: TraceIds | undefined;

  constructor(
    private readonly log: Logger,
    private readonly order: Pick<BatchOrder, 'tick' | 'lane' | 'drone'>,
  ) {}

  /** What is said from now on has these. */
  set ids(ids: TraceIds | undefined) {
    this.#ids = ids;
    this.#logger = undefined;
  }

  get logger(): Logger {
    this.#logger ??= this.#made();
    return this.#logger;
  }

  #made(): Logger {
    const { tick, lane, drone } = this.order;
    const logger = this.log.child({ tick, lane, drone, batch: batchName(lane, drone) });
    const ids = this.#ids;
    return ids === undefined ? logger : logger.child(ids);
  }

  /** Whether anybody wants to know what is the rule. */
  get isDetailed(): boolean {
    return this.log.isLevelEnabled('debug');
  }
}
