/** The options of `muster tick`, read and checked. */
import type { Retention } from '@muster/tick-state';
import { givenRetention, type RetentionFlags } from '../input/retention-choice.js';
import { InvalidInputError, isName, parseDuration } from '@muster/protocol';

/** As the command line has them. */
export interface TickFlags extends RetentionFlags {
  readonly fleet?: string;
  readonly redis?: string;
  readonly on: string;
  readonly lane: string;
  readonly call: string[];
  readonly calls?: string;
  readonly deadline: string;
  readonly connectTimeout: string;
  readonly policy: string[];
  readonly attempts: number;
  readonly every?: string;
  readonly concurrency: number;
  readonly methods: string[];
  readonly rerunFailed?: string;
  readonly withWorker?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly jsonl?: boolean;
  /** False with `--no-wait`. */
  readonly wait: boolean;
}

/** All times in milliseconds. */
export interface TickSettings {
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  readonly everyMs: number | undefined;
  /** What the combiner that it hosts is told; undefined for what the installation has. */
  readonly retention: Retention | undefined;
}

/** @throws InvalidInputError that names the flag. */
export function readTickFlags(flags: TickFlags): TickSettings {
  if (!isName(flags.lane)) {
    throw new InvalidInputError(
      `--lane '${flags.lane}': expected letters, digits, dots, dashes and underscores`,
    );
  }
  if (flags.json === true && flags.jsonl === true)
    throw new InvalidInputError('--json and --jsonl: give only one of them');
  if (!flags.wait && flags.every !== undefined)
    throw new InvalidInputError('--every and --no-wait: give only one of them');
  return {
    deadlineMs: parseDuration(flags.deadline, '--deadline'),
    connectTimeoutMs: parseDuration(flags.connectTimeout, '--connect-timeout'),
    everyMs: flags.every === undefined ? undefined : parseDuration(flags.every, '--every'),
    retention: givenRetention(flags),
  };
}
