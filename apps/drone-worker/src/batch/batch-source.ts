/** Fetches the calls of batches; a tick's distinct batches are fetched once, however many drones carry them. */
import { z } from 'zod';
import {
  callSchema,
  describeIssues,
  keys,
  WireError,
  type BatchOrder,
  type Call,
} from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';

/** Batches kept in memory at most; ticks come and go. */
const KEPT = 64;

const callsSchema = z.array(callSchema);

export class BatchSource {
  readonly #known = new Map<string, Promise<readonly Call[]>>();

  constructor(private readonly store: TickStore) {}

  /** @throws WireError when what lies there is no batch. */
  get({ tick, batch }: Pick<BatchOrder, 'tick' | 'batch'>): Promise<readonly Call[]> {
    const key = `${tick} ${String(batch)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fetched = this.#fetch(tick, batch);
    this.#known.set(key, fetched);
    fetched.catch(() => this.#known.delete(key));
    const oldest = this.#known.keys().next();
    if (this.#known.size > KEPT && oldest.done !== true) this.#known.delete(oldest.value);
    return fetched;
  }

  async #fetch(tick: string, batch: number): Promise<readonly Call[]> {
    const text = await this.store.redis.hget(keys.batches(this.store.prefix, tick), String(batch));
    if (text === null) throw new WireError(`batch ${String(batch)} of tick ${tick} is gone`);
    const calls = callsSchema.safeParse(JSON.parse(text));
    if (!calls.success) throw new WireError(`not a batch: ${describeIssues(calls.error)}`);
    return calls.data;
  }
}
