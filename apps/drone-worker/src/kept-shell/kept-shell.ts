/**
 * A shell on the drone that is kept for the processes of many calls, one after another: a call
 * costs neither a channel nor a login shell. Where the drone has python3 a keeper does better.
 */
import { randomBytes } from 'node:crypto';
import { DroneClock } from '../keeper/drone-clock.js';
import { LastOutput } from '../process/last-output.js';
import { Begun, type Captures, type ProcessChannel } from '../process/process-channel.js';
import { encodeOrder } from '../process/start-order.js';
import { SessionLostError, type Shell, type ShellExit } from '../transport/shell.js';
import { MarkedStream } from './marked-stream.js';
import { keptShellOrder, keptShellScript } from './script.js';
import { signalNamed } from './signal-name.js';

/** stdout and stderr. */
const OUTPUTS = 2;

/** When it is asked which process it is, and whether all of the shell is still there; milliseconds. */
const LOOKS_MS = [250, 1_000];
/** And how often from then on. */
const LOOK_MS = 5_000;

export class KeptShell {
  readonly #clock = new DroneClock();
  readonly #nonce = randomBytes(12).toString('hex');
  #uses = 0;
  #current: ShellUse | null = null;
  /** What comes on its stderr is not of the login shell any more. */
  #isStderrOurs = false;
  #loss: SessionLostError | null = null;
  #onFirstWord: (word: string) => void = () => undefined;
  /** Called when it is idle again. */
  onIdle: () => void = () => undefined;
  /** Called when it is of no more use. */
  onLoss: () => void = () => undefined;

  /**
   * Takes over a shell that was told `BOOT`. Resolves with null when the drone has not what it
   * takes. Rejects with SessionLostError, also when `signal` aborts first.
   */
  static async start(shell: Shell, signal: AbortSignal): Promise<KeptShell | null> {
    const kept = new KeptShell(shell);
    const firstWord = new Promise<string>((resolve, reject) => {
      kept.#onFirstWord = resolve;
      const giveUp = () => {
        reject(new SessionLostError('gave up waiting for a shell'));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      if (signal.aborted) giveUp();
      const onEnd = () => {
        reject(kept.#loss ?? new SessionLostError('the kept shell ended'));
      };
      shell.exited.then(onEnd, onEnd).finally(() => {
        signal.removeEventListener('abort', giveUp);
      });
    });
    try {
      if ((await firstWord) !== 'none') return kept;
      kept.close();
      return null;
    } catch (error) {
      kept.close();
      throw error;
    }
  }

  private constructor(private readonly shell: Shell) {
    const stdout = new MarkedStream(
      this.#nonce,
      (word) => {
        this.#takeWord(word);
      },
      (chunk) => this.#current?.output('stdout', chunk),
    );
    const stderr = new MarkedStream(
      this.#nonce,
      (word) => {
        if (word === 'begin') this.#isStderrOurs = true;
        else this.#current?.takeWordOnStderr(word);
      },
      (chunk) => {
        if (this.#isStderrOurs) this.#current?.output('stderr', chunk);
      },
    );
    shell.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
    });
    shell.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
    });
    shell.stdin.on('error', () => undefined);
    shell.exited.then(
      () => {
        this.#lose(new SessionLostError('the kept shell on the drone ended'));
      },
      (error: unknown) => {
        this.#lose(error instanceof SessionLostError ? error : new SessionLostError('it ended'));
      },
    );
    shell.stdin.write(encodeOrder(keptShellScript(this.#nonce)));
  }

  /** False once it is of no more use. */
  get isThere(): boolean {
    return this.#loss === null;
  }

  /** For one process, which gets no input; to be asked of an idle one. */
  open({ stdout, stderr }: Captures): ProcessChannel {
    this.#uses += 1;
    const use = new ShellUse(String(this.#uses), { stdout, stderr });
    this.#current = use;
    const openedAt = performance.now();
    let looking: NodeJS.Timeout | undefined;
    const isThere = this.#loss === null && this.#clock.isKnown;
    if (this.#loss !== null) use.lose(this.#loss);
    else if (isThere) use.beThere();
    else this.shell.stdin.write('time\n');
    return {
      isThere,
      there: use.there,
      exited: use.exited,
      begun: use.begun,
      output: use.outputs,
      takesOrders: () => this.isThere,
      order: (spec, { workdir, validMs }) => {
        const until = Math.floor((this.#clock.at(openedAt) + validMs) / 10);
        use.isOrdered = true;
        const look = (times: number) => {
          looking = setTimeout(() => {
            this.shell.stdin.write(`look ${use.name}\n`);
            look(times + 1);
          }, LOOKS_MS[times] ?? LOOK_MS);
        };
        look(0);
        this.shell.stdin.write(encodeOrder(keptShellOrder(spec, workdir, until)));
      },
      endGroup: () => {
        if (use.isOver) return;
        // Whatever it finds to end, it is not to find the next process.
        use.isToEnd = true;
        this.shell.stdin.write(`look ${use.name}\nend\n`);
      },
      noStart: () => new Error('the kept shell said that a process ended, not that it began'),
      close: () => {
        clearTimeout(looking);
        if (this.#current !== use) return;
        this.#current = null;
        if (use.isClean && this.isThere) this.onIdle();
        else this.close();
      },
    };
  }

  /** Lets it end: it ends what still runs. */
  close(): void {
    this.#lose(new SessionLostError('the kept shell on the drone was let go'));
    this.shell.stdin.end();
    this.shell.close();
  }

  #takeWord(word: string): void {
    const [kind = '', value = ''] = word.split(' ');
    if (kind === 'time') {
      this.#clock.set(Number(value.replace('.', '')) * 10);
      this.#current?.beThere();
    }
    if (kind === 'late') this.#clock.doubt();
    if (kind === 'over') this.#lose(new SessionLostError('the kept shell on the drone ended'));
    this.#onFirstWord(kind);
    this.#current?.takeWord(word);
  }

  #lose(error: SessionLostError): void {
    if (this.#loss !== null) return;
    this.#loss = error;
    this.#current?.lose(error);
    this.onLoss();
  }
}

/** What one process makes of a kept shell. */
class ShellUse {
  readonly begun = new Begun();
  readonly outputs = new LastOutput(OUTPUTS);
  readonly there: Promise<void>;
  readonly exited: Promise<ShellExit>;
  isOrdered = false;
  isToEnd = false;
  /** The process has ended, or was never begun. */
  isOver = false;
  /** The outputs on which its own bytes come, from its order to a word behind them. */
  readonly #open = new Set<'stdout' | 'stderr'>(['stdout', 'stderr']);
  #ended = 0;
  #isHeld = false;
  beThere: () => void = () => undefined;
  lose: (error: SessionLostError) => void = () => undefined;
  #settle: (exit: ShellExit) => void = () => undefined;

  constructor(
    readonly name: string,
    private readonly captures: Captures,
  ) {
    this.there = new Promise((resolve) => {
      this.beThere = resolve;
    });
    this.exited = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.lose = reject;
    });
    this.exited.catch(() => undefined);
  }

  /** Nothing of it is left that the next process could meet. */
  get isClean(): boolean {
    return !this.isToEnd && (!this.isOrdered || this.#ended === OUTPUTS);
  }

  output(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    if (!this.isOrdered || !this.#open.has(stream)) return;
    this.outputs.heard();
    this.captures[stream].push(chunk);
  }

  takeWord(word: string): void {
    const [kind, value, detail, held] = word.split(' ');
    // It may come when the next use has begun.
    if (kind === 'pid' && detail === this.name && !this.isOver) this.begun.begin(Number(value));
    if (kind === 'late') {
      this.begun.refuse();
      this.#outputEnded('stdout');
      this.#outputEnded('stderr');
      this.#end({ exitCode: null, signal: null });
    }
    if (kind !== 'end') return;
    if (this.begun.state !== 'begun') this.begun.begin(undefined);
    this.#isHeld = held === '1';
    this.#outputEnded('stdout');
    const code = Number(value);
    const signal = detail === '1' && code > 128 ? signalNamed(code - 128) : null;
    this.#end({ exitCode: signal === null ? code : null, signal });
  }

  takeWordOnStderr(word: string): void {
    const [kind, held] = word.split(' ');
    if (held === '1') this.#isHeld = true;
    if (kind === 'end') this.#outputEnded('stderr');
  }

  #end(exit: ShellExit): void {
    this.isOver = true;
    this.#settle(exit);
  }

  #outputEnded(stream: 'stdout' | 'stderr'): void {
    // What was left behind may still print.
    if (this.#isHeld) return;
    this.#open.delete(stream);
    this.#ended += 1;
    this.outputs.ended();
  }
}
