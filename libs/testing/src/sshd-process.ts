/** One sshd in the foreground, with everything that it has started. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { once } from 'node:events';

const SSHD = '/usr/sbin/sshd';
const LISTENING = /^Server listening on /;

export type SshdVersion = readonly [major: number, minor: number];

export class SshdProcess {
  readonly #log: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  private constructor(private readonly child: ChildProcess) {
    const { stderr } = child;
    if (stderr === null) throw new Error('sshd was started without a log');
    createInterface({ input: stderr }).on('line', (line) => {
      this.#log.push(line);
      for (const listener of this.#listeners) listener(line);
    });
  }

  /** Resolves once it listens. Rejects with its log when it does not come up. */
  static async start(configFile: string): Promise<SshdProcess> {
    const child = spawn(SSHD, ['-D', '-e', '-f', configFile], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const sshd = new SshdProcess(child);
    const ended = once(child, 'close').then(() => {
      throw new Error(`sshd did not come up:\n${sshd.#log.join('\n')}`);
    });
    await Promise.race([sshd.logged(LISTENING), ended]);
    ended.catch(() => undefined);
    return sshd;
  }

  /** What it has logged so far. */
  get log(): readonly string[] {
    return this.#log;
  }

  /** Resolves with the next line of the log that matches. */
  logged(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const listener = (line: string) => {
        if (!pattern.test(line)) return;
        this.#listeners.delete(listener);
        resolve(line);
      };
      this.#listeners.add(listener);
    });
  }

  /** Makes it read its configuration and host keys again; connections stay. */
  async reload(): Promise<void> {
    const listening = this.logged(LISTENING);
    this.child.kill('SIGHUP');
    await listening;
  }

  /** Kills what serves its connections, and the commands that run on them; it goes on listening. */
  async killConnections(): Promise<void> {
    const { pid } = this.child;
    if (pid !== undefined) signalAll(await descendants(pid), 'SIGKILL');
  }

  /** Kills what serves its connections, but not the commands that run on them. */
  async killSessions(): Promise<void> {
    signalAll(await this.#sessions(), 'SIGKILL');
  }

  /** Stops it and what serves its connections: it accepts and says nothing more. */
  async freeze(): Promise<void> {
    signalAll([this.child.pid ?? 0, ...(await this.#sessions())], 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    signalAll([...(await this.#sessions()), this.child.pid ?? 0], 'SIGCONT');
  }

  async #sessions(): Promise<number[]> {
    const below = await descendants(this.child.pid ?? 0);
    const names = await Promise.all(
      below.map((pid) => readFile(`/proc/${String(pid)}/comm`, 'utf8').catch(() => '')),
    );
    return below.filter((_, index) => names[index]?.startsWith('sshd') === true);
  }

  /** Kills it and everything that it has started. May be called again. */
  async kill(): Promise<void> {
    const { pid } = this.child;
    if (pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const started = await descendants(pid);
    const closed = once(this.child, 'exit');
    signalAll([pid, ...started], 'SIGKILL');
    await closed;
  }
}

/** Says in the error how to get sshd when there is none. Resolves with its version: `[9, 2]`. */
export async function findSshd(): Promise<SshdVersion> {
  if (!existsSync(SSHD)) {
    throw new Error(`these tests need a real sshd at ${SSHD}: apt-get install openssh-server`);
  }
  // Before it drops its privileges, an sshd of root wants this directory for its children.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const text = await new Promise<string>((resolve) => {
    // Versions that do not know -V say who they are, too, and exit with an error.
    execFile(SSHD, ['-V'], (_error, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
  const version = /OpenSSH_(\d+)\.(\d+)/.exec(text);
  return [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)];
}

/** Every process below `root`, read from /proc. */
async function descendants(root: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    // After the command's name, which may hold anything: state, parent.
    const parent = Number(
      stat
        .slice(stat.lastIndexOf(')') + 1)
        .trim()
        .split(' ')[1],
    );
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (pid: number): number[] =>
    (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself meanwhile.
    }
  }
}
