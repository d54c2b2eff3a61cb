/**
 * One program on the drone that starts the processes of many calls, so that a call costs its own
 * process and little else: no channel, no login shell. It is kept with its connection.
 */
import type { OrderTerms, ProcessSpec } from '../process/start-order.js';
import { AfterMarker } from '../process/after-marker.js';
import type { Ended, ToEnd } from '../process/to-end.js';
import { SessionLostError, type Shell, type ShellExit } from '../transport/shell.js';
import { DroneClock } from './drone-clock.js';
import { encodeFrame, FrameReader, type Frame } from './frames.js';
import { KEEPER_SCRIPT } from './keeper-script.js';

/**
 * What a shell is told in order to become a keeper: it reads the length of a program, then that.
 * Constant text without a quote or anything else that a login shell could take amiss.
 */
export const KEEPER_BOOT =
  'echo muster-starter $$; exec python3 -I -S -c "import posix as p;r=lambda n:n and (lambda b:b+r(n-len(b)))(p.read(0,n)) or bytes();exec(r(int(p.read(0,8))))"';

/** What the shell says before it becomes the keeper, in front of its process id. */
const STARTER = /muster-starter (\d+)\n/;

/** python3 was started and says nothing. */
export class KeeperSilentError extends Error {
  override readonly name = 'KeeperSilentError';

  /** `group` is the process group that it was started in. */
  constructor(
    message: string,
    readonly group: number,
  ) {
    super(message);
  }
}

/** What the keeper says first; before it comes what a noisy login shell says. */
const MARKER = 'muster-keeper';

/** What the keeper answers, sooner or later than what came before: it speaks at all. */
const ANSWERED = ['?', 'S', 'E'];

/** Input goes in frames of so many bytes at most. */
const INPUT_BYTES = 65_536;

/** What becomes of a process, as the keeper says it. */
export interface KeptProcessListener {
  /** An order may be given: how late it is when it comes can be told. */
  readonly ready: () => void;
  /** It has begun; the group is undefined when there was nothing to execute, which its output says. */
  begun(group: number | undefined): void;
  tooLate(): void;
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Nothing more will come. */
  outputsEnded(): void;
  exited(exit: ShellExit): void;
  lost(error: SessionLostError): void;
}

interface EndingListener {
  readonly begun: () => void;
  readonly settle: (answer: Ended | null) => void;
}

export interface KeptProcess {
  /** Starts it, once; `ready` comes first, and `validMs` counts from when it was opened. */
  readonly start: (spec: ProcessSpec, terms: Omit<OrderTerms, 'nonce'>) => void;
  /** Has its group ended: TERM, and KILL after the grace. */
  readonly endGroup: () => void;
  /** Nothing more of it is wanted. Ends nothing. */
  readonly forget: () => void;
}

export class Keeper {
  readonly #clock = new DroneClock();
  readonly #endings = new Map<number, EndingListener>();
  readonly #processes = new Map<number, KeptProcessListener>();
  #last = 0;
  #silence: NodeJS.Timeout | undefined;
  /** Frames that have come. */
  #heard = 0;
  #loss: SessionLostError | null = null;
  #settle = (_why: SessionLostError): void => undefined;
  /** Resolves with the reason when it is of no more use. */
  readonly gone = new Promise<SessionLostError>((resolve) => {
    this.#settle = resolve;
  });

  /**
   * Takes over a shell that was told `KEEPER_BOOT`. Resolves when the keeper is there; rejects
   * with SessionLostError, or with an Error that says why there is none. `withinMs`, in milliseconds,
   * bounds that, and each silence later: a keeper that does not answer is of no more use. `onIdle` is called when the last of its processes is forgotten.
   */
  static start(shell: Shell, withinMs: number, onIdle: () => void): Promise<Keeper> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        clearTimeout(timer);
        shell.close();
        reject(error);
      };
      const timer = setTimeout(() => {
        const why = `python3 said nothing for ${String(withinMs)}ms`;
        const group = STARTER.exec(marker.before)?.[1];
        fail(group === undefined ? new Error(why) : new KeeperSilentError(why, Number(group)));
      }, withinMs);
      let said = '';
      const onNoise = (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-1_000);
      };
      shell.stderr.on('data', onNoise);
      const keeper = new Keeper(shell, withinMs, onIdle);
      const frames = new FrameReader((frame) => {
        keeper.#take(frame);
      });
      const isThere = (time: string) => {
        clearTimeout(timer);
        keeper.#clock.set(Number(time));
        resolve(keeper);
      };
      const marker = new AfterMarker(MARKER, isThere, (chunk) => {
        frames.push(chunk);
      });
      shell.stdout.on('data', (chunk: Buffer) => {
        marker.push(chunk);
      });
      shell.stdin.on('error', () => undefined);
      const program = Buffer.from(KEEPER_SCRIPT);
      shell.stdin.write(
        Buffer.concat([Buffer.from(String(program.length).padStart(8, '0')), program]),
      );
      shell.exited.then(
        ({ exitCode, signal }) => {
          const how = signal ?? `exit ${String(exitCode)}`;
          const why = said.trim().split('\n').at(-1) ?? '';
          fail(new Error(`python3 ended (${how})${why === '' ? '' : `: ${why}`}`));
          keeper.#lose(new SessionLostError(`the keeper on the drone ended (${how})`));
        },
        (error: unknown) => {
          const lost = error instanceof SessionLostError ? error : new SessionLostError('it ended');
          fail(lost);
          keeper.#lose(lost);
        },
      );
    });
  }

  private constructor(
    private readonly shell: Shell,
    private readonly withinMs: number,
    private readonly onIdle: () => void,
  ) {}

  /** Processes that it was asked for and that were not forgotten. */
  get busy(): boolean {
    return this.#processes.size > 0;
  }

  /** Asks it to be ready for one process. @throws SessionLostError when it is of no more use. */
  open(listener: KeptProcessListener): KeptProcess {
    if (this.#loss !== null) throw this.#loss;
    this.#last = (this.#last + 1) % 0xffff_ffff;
    const process = this.#last;
    this.#processes.set(process, listener);
    const openedAt = performance.now();
    if (this.#clock.isKnown) listener.ready();
    else this.#say('?', process);
    return {
      start: (spec, { workdir, validMs }) => {
        const until = this.#clock.at(openedAt) + Math.floor(validMs);
        this.#say('S', process, encodeStart(spec, workdir, until));
        if (spec.stdin === undefined) return;
        const input = Buffer.from(spec.stdin);
        for (let at = 0; at < input.length; at += INPUT_BYTES)
          this.#say('I', process, input.subarray(at, at + INPUT_BYTES));
        this.#say('I', process);
      },
      endGroup: () => {
        this.#say('T', process);
      },
      forget: () => {
        if (!this.#processes.delete(process)) return;
        this.#say('C', process);
        this.#noteIdle();
      },
    };
  }

  /** False once it is of no more use. */
  get isThere(): boolean {
    return this.#loss === null;
  }

  /**
   * Ends a process group, and what else carries a mark, see `endOrder`; `onBegin` is called when
   * that begins. Gives null when no answer comes.
   */
  end(
    { group = 0, watcher, mark, graceMs }: ToEnd,
    onBegin: () => void,
    signal: AbortSignal,
  ): Promise<Ended | null> {
    if (!this.isThere || signal.aborted) return Promise.resolve(null);
    this.#last = (this.#last + 1) % 0xffff_ffff;
    const number = this.#last;
    return new Promise((resolve) => {
      const settle = (answer: Ended | null) => {
        this.#endings.delete(number);
        signal.removeEventListener('abort', giveUp);
        resolve(answer);
      };
      const giveUp = () => {
        settle(null);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#endings.set(number, { begun: onBegin, settle });
      this.#say('E', number, Buffer.from([group, watcher ?? '', graceMs, mark].join('\0')));
    });
  }

  /** Lets it end: it ends what still runs. */
  close(): void {
    this.shell.stdin.end();
    this.#lose(new SessionLostError('the keeper on the drone was let go'));
  }

  #noteIdle(): void {
    if (!this.busy) this.onIdle();
  }

  #say(kind: string, process: number, data?: Uint8Array): void {
    if (this.#loss !== null) return;
    this.shell.stdin.write(encodeFrame(kind, process, data));
    if (!ANSWERED.includes(kind)) return;
    // One that is frozen would keep everybody waiting.
    this.#silence ??= setTimeout(() => {
      void this.#endIfSilent();
    }, this.withinMs);
  }

  /** What has come while this process was too busy to read it is read first. */
  async #endIfSilent(): Promise<void> {
    const heard = this.#heard;
    for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    if (this.#heard === heard)
      this.#lose(new SessionLostError('the keeper on the drone says nothing'));
  }

  #take({ kind, process, data }: Frame): void {
    this.#heard += 1;
    clearTimeout(this.#silence);
    this.#silence = undefined;
    const ending = this.#endings.get(process);
    if (kind === 'A') ending?.begun();
    if (kind === 'G') {
      const [state, found] = data.toString('latin1').split(' ');
      ending?.settle({
        ended: state === 'gone' ? 'confirmed' : 'unconfirmed',
        found: found === '1',
      });
    }
    const listener = this.#processes.get(process);
    if (listener === undefined) return;
    switch (kind) {
      case 'R':
        this.#clock.set(Number(data.toString('latin1')));
        listener.ready();
        break;
      case 'P':
        listener.begun(data.length === 0 ? undefined : Number(data.toString('latin1')));
        break;
      case 'L':
        this.#clock.doubt();
        this.#processes.delete(process);
        listener.tooLate();
        this.#noteIdle();
        break;
      case '1':
      case '2':
        listener.output(kind === '1' ? 'stdout' : 'stderr', data);
        break;
      case '.':
        this.#processes.delete(process);
        listener.outputsEnded();
        this.#noteIdle();
        break;
      case 'X':
        listener.exited({ exitCode: Number(data.toString('latin1')), signal: null });
        break;
      case 'K':
        listener.exited({ exitCode: null, signal: data.toString('latin1') });
        break;
    }
  }

  #lose(error: SessionLostError): void {
    if (this.#loss !== null) return;
    this.#loss = error;
    clearTimeout(this.#silence);
    this.shell.close();
    for (const listener of this.#processes.values()) listener.lost(error);
    this.#processes.clear();
    for (const { settle } of this.#endings.values()) settle(null);
    this.#settle(error);
  }
}

/** NUL stands between the fields: it can be in none of them. */
function encodeStart(
  { argv, env = {}, cwd, stdin, maxOutputBytes }: ProcessSpec,
  workdir: string | undefined,
  until: number,
): Buffer {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const place = (path: string | undefined) => (path === undefined ? '' : `=${path}`);
  const input = stdin === undefined ? '0' : '1';
  const head = [until, maxOutputBytes, input, place(workdir), place(cwd)].map(String);
  return Buffer.from([...head, String(variables.length), ...variables, ...argv].join('\0'));
}
