/** What a worker says of itself while it lives. */
import type { Effect } from './call.js';

export interface Presence {
  /** `host:pid`. */
  readonly id: string;
  /** What it holds its batches under: no two lives of a worker share it. */
  readonly lease: string;
  readonly sites: readonly string[];
  readonly drones: readonly string[];
  readonly version: string;
  readonly concurrency: number;
  /** Batches it holds. */
  readonly active: number;
  /** ISO 8601. */
  readonly startedAt: string;
  /** The methods of the user's own that it knows. */
  readonly methods: Readonly<Record<string, { readonly effect: Effect }>>;
}
