/** Starts a process through the keeper of a connection. */
import type { Keeper, KeptProcessListener } from '../keeper/keeper.js';
import type { SessionLostError, ShellExit } from '../transport/shell.js';
import { LastOutput } from './last-output.js';
import { Begun, type Captures, type ProcessChannel } from './process-channel.js';

/** stdout and stderr. */
const OUTPUTS = 2;

/** @throws SessionLostError when the keeper is of no more use. */
export function keptProcess(keeper: Keeper, captures: Captures): ProcessChannel {
  const begun = new Begun();
  const output = new LastOutput(OUTPUTS);
  let hasExited = false;
  let isThere = false;
  let beThere = (): void => undefined;
  const there = new Promise<void>((resolve) => {
    beThere = resolve;
  });
  let settle: (exit: ShellExit) => void = () => undefined;
  let fail: (error: SessionLostError) => void = () => undefined;
  const exited = new Promise<ShellExit>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  exited.catch(() => undefined);
  const listener: KeptProcessListener = {
    ready: () => {
      isThere = true;
      beThere();
    },
    begun: (group) => {
      begun.begin(group);
    },
    tooLate: () => {
      begun.refuse();
      output.allEnded();
      settle({ exitCode: null, signal: null });
    },
    output: (stream, chunk) => {
      output.heard();
      captures[stream].push(chunk);
    },
    outputsEnded: () => {
      output.allEnded();
    },
    exited: (exit) => {
      hasExited = true;
      settle(exit);
    },
    lost: (error) => {
      fail(error);
    },
  };
  const kept = keeper.open(listener);
  return {
    isThere,
    there,
    exited,
    begun,
    output,
    takesOrders: () => keeper.isThere,
    order: kept.start,
    endGroup: () => {
      if (!hasExited) kept.endGroup();
    },
    noStart: () =>
      new Error('the keeper on the drone said that a process ended, not that it began'),
    close: kept.forget,
  };
}
