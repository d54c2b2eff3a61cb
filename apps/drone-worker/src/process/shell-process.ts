/** Starts a process through a shell of its own, which becomes it. */
import { randomBytes } from 'node:crypto';
import { oneLine } from '@muster/protocol';
import type { Shell, ShellExit } from '../transport/shell.js';
import { AfterMarker } from './after-marker.js';
import { LastOutput } from './last-output.js';
import { Begun, type Captures, type ProcessChannel } from './process-channel.js';
import { encodeOrder, READY, startOrder, TOO_LATE } from './start-order.js';

/** `shell` was told `BOOT`. */
export function shellProcess(shell: Shell, { stdout, stderr }: Captures): ProcessChannel {
  const nonce = randomBytes(8).toString('hex');
  const begun = new Begun();
  const onWord = (word: string) => {
    const [group, watcher] = word.split(' ').map(Number);
    if (word === TOO_LATE) begun.refuse();
    else begun.begin(group, watcher);
  };
  const out = new AfterMarker(`${nonce}:`, onWord, (chunk) => {
    stdout.push(chunk);
  });
  const err = new AfterMarker(
    `${nonce}:`,
    () => undefined,
    (chunk) => {
      stderr.push(chunk);
    },
  );
  let isThere = (): void => undefined;
  const there = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  const ready = new AfterMarker(READY, isThere, (chunk) => {
    out.push(chunk);
  });
  shell.stdout.on('data', (chunk: Buffer) => {
    ready.push(chunk);
  });
  shell.stderr.on('data', (chunk: Buffer) => {
    err.push(chunk);
  });
  return {
    isThere: false,
    there,
    exited: shell.exited,
    begun,
    output: LastOutput.of([shell.stdout, shell.stderr]),
    takesOrders: () => true,
    order: (spec, terms) => {
      // A process that ends without reading its input closes the pipe: not our failure.
      shell.stdin.on('error', () => undefined);
      shell.stdin.write(encodeOrder(startOrder(spec, { ...terms, nonce })));
      if (spec.stdin !== undefined) shell.stdin.end(spec.stdin);
    },
    // Its watcher sees the end of input and begins to end the group at once.
    endGroup: () => {
      shell.stdin.end();
    },
    noStart: (exit) => noShell(exit, ready, err),
    close: () => {
      shell.close();
    },
  };
}

/** The login shell did not get as far as ours: it is told to let nobody in, or its files end it. */
function noShell({ exitCode, signal }: ShellExit, out: AfterMarker, err: AfterMarker): Error {
  const how = signal === null ? `exit ${String(exitCode)}` : `ended by ${signal}`;
  const said = oneLine(`${err.before} ${out.before}`);
  return new Error(`no shell on the drone: ${how}${said === '' ? '' : `: ${said}`}`);
}
