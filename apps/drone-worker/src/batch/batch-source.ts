/** What batches share: a tick's distinct batches are fetched once, and its settings read once, however many drones there are. */
import { z } from 'zod';
import {
  callSchema,
  describeIssues,
  keys,
  readTickSettings,
  WireError,
  type BatchOrder,
  type Call,
  type TickSettings,
} from '@muster/protocol';
import type { TickStore } from '@muster/tick-state';

/** Batches kept in memory at most; ticks come and go. */
const KEPT = 64;

const callsSchema = z.array(callSchema);

export class BatchSource {
  readonly #known = new Map<string, Promise<readonly Call[]>>();

  /** The last that were read. */
  #settings: { readonly text: string; readonly read: TickSettings } | undefined;

  constructor(private readonly store: TickStore) {}

  /** @throws WireError when the text is no tick's settings. */
  settingsOf(text: string): TickSettings {
    if (this.#settings?.text !== text) this.#settings = { text, read: readTickSettings(text) };
    return this.#settings.read;
  }

  /** Begins to fetch what will be asked for: in one piece with what is asked of Redis now. */
  prefetch(order: Pick<BatchOrder, 'tick' | 'batch'>): void {
    this.get(order).catch(() => undefined);
  }

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
