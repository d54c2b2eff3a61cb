/**
 * OpenSSH's client configuration, as far as it says where a host is, who we are there, and whom we
 * take it to be: ssh_config(5). The parsing, and which sections a host gets, are the library's.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InvalidInputError } from '@muster/protocol';
import SSHConfig, { glob, LineType, type Line } from 'ssh-config';
import { expandPath, homeFolder } from './paths.js';
import type { HostKeyPolicy } from './settings.js';

/** What is undefined was not set. Paths are absolute. */
export interface SshHostSettings {
  readonly hostName?: string | undefined;
  /** 1 to 65535. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly identityFiles?: readonly string[] | undefined;
  /** Of the agent's keys only those of the identity files. */
  readonly identitiesOnly?: boolean | undefined;
  readonly userKnownHosts?: readonly string[] | undefined;
  readonly globalKnownHosts?: readonly string[] | undefined;
  /** `no` and `off` count as `accept-new`: a changed key is never accepted. */
  readonly hostKeyPolicy?: HostKeyPolicy | undefined;
  /** Under which name the host's key is on record. */
  readonly hostKeyAlias?: string | undefined;
  /** As ProxyJump has it; `none` included. */
  readonly jump?: string | undefined;
}

/** How deep files may include others; OpenSSH's own limit. */
const MAX_DEPTH = 16;

const POLICIES: ReadonlyMap<string, HostKeyPolicy> = new Map([
  ['yes', 'strict'],
  ['ask', 'strict'],
  ['accept-new', 'accept-new'],
  ['no', 'accept-new'],
  ['off', 'accept-new'],
]);

export class SshConfig {
  readonly #files: SSHConfig;
  readonly #home: string;
  readonly #known = new Map<string, SshHostSettings>();

  private constructor(files: SSHConfig, home: string) {
    this.#files = files;
    this.#home = home;
  }

  /**
   * Reads `~/.ssh/config`, then `system`; the first to set something wins. A file that is missing
   * counts as empty. `~` is `environment.HOME`.
   * @throws InvalidInputError that names the file: it cannot be read, others may write it, or it
   *   includes too deep.
   */
  static load(
    environment: NodeJS.ProcessEnv = process.env,
    system = '/etc/ssh/ssh_config',
  ): SshConfig {
    const home = homeFolder(environment);
    const own = join(home, '.ssh', 'config');
    const lines = [...readLines(own, home, 0, true), ...readLines(system, home, 0, false)];
    return new SshConfig(configOf(lines), home);
  }

  /**
   * What is set for a host, by the name that one would give to `ssh`.
   * @throws InvalidInputError for what makes no sense, and for a ProxyCommand.
   */
  settingsOf(host: string): SshHostSettings {
    const known = this.#known.get(host) ?? this.#read(host);
    this.#known.set(host, known);
    return known;
  }

  #read(host: string): SshHostSettings {
    // No command of the file is run: not those of `Match exec`, and no name is looked up.
    const set = this.#files.compute(host, { ignoreCase: true, matchExec: false });
    const bad = (keyword: string, expected: string): never => {
      const value = [set[keyword.toLowerCase()]].flat().join(' ');
      throw new InvalidInputError(
        `ssh configuration of host ${host}: ${keyword} ${value}: expected ${expected}`,
      );
    };
    const all = (keyword: string) => [set[keyword.toLowerCase()] ?? []].flat();
    const first = (keyword: string): string | undefined => all(keyword)[0];
    const port = first('Port');
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && +port >= 1 && +port <= 65_535))
      bad('Port', 'a whole number from 1 to 65535');
    const policy = first('StrictHostKeyChecking');
    const hostKeyPolicy = policy === undefined ? undefined : POLICIES.get(policy.toLowerCase());
    if (policy !== undefined && hostKeyPolicy === undefined)
      bad('StrictHostKeyChecking', `one of ${[...POLICIES.keys()].join(', ')}`);
    const jump = first('ProxyJump');
    if (jump === undefined && (first('ProxyCommand') ?? 'none') !== 'none')
      bad('ProxyCommand', 'ProxyJump, which Muster can do without running a command');

    const user = first('User');
    const hostName = first('HostName')?.replace(/%[%h]/g, (token) => (token === '%h' ? host : '%'));
    const paths = (keyword: string) => {
      const given = all(keyword);
      if (given.length === 0) return undefined;
      return given
        .filter((path) => path.toLowerCase() !== 'none')
        .map((path) => this.#path(path, { host: hostName ?? host, alias: host, user, port }));
    };
    return {
      hostName,
      port: port === undefined ? undefined : Number(port),
      user,
      identityFiles: paths('IdentityFile'),
      identitiesOnly: first('IdentitiesOnly')?.toLowerCase() === 'yes' || undefined,
      userKnownHosts: paths('UserKnownHostsFile'),
      globalKnownHosts: paths('GlobalKnownHostsFile'),
      hostKeyPolicy,
      hostKeyAlias: first('HostKeyAlias'),
      jump,
    };
  }

  /** A path with its tokens: ssh_config(5), TOKENS. */
  #path(path: string, given: TokensOf): string {
    const tokens: Record<string, () => string> = {
      '%%': () => '%',
      '%d': () => this.#home,
      '%h': () => given.host,
      '%k': () => given.alias,
      '%L': () => hostname().split('.')[0] ?? '',
      '%l': () => hostname(),
      '%n': () => given.alias,
      '%p': () => given.port ?? '22',
      '%r': () => given.user ?? userInfo().username,
      '%u': () => userInfo().username,
    };
    const written = path.replace(/%./g, (token) => tokens[token]?.() ?? token);
    return expandPath(written, this.#home, process.cwd());
  }
}

interface TokensOf {
  readonly host: string;
  readonly alias: string;
  readonly user: string | undefined;
  readonly port: string | undefined;
}

function configOf(lines: readonly Line[]): SSHConfig {
  const config = new SSHConfig();
  config.push(...lines);
  return config;
}

/** The lines of a file, with those that it includes in their place. */
function readLines(path: string, home: string, depth: number, own: boolean): Line[] {
  if (depth > MAX_DEPTH) throw new InvalidInputError(`${path}: includes files too deep`);
  let text: string;
  try {
    const { mode, uid } = statSync(path);
    // Who may write it may send us, and our keys, anywhere.
    if (own && (mode & 0o022) !== 0)
      throw new InvalidInputError(`${path}: others may write it; remove that: chmod go-w`);
    if (own && uid !== 0 && uid !== process.getuid?.())
      throw new InvalidInputError(`${path}: belongs to another user`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new InvalidInputError(`${path}: cannot be read (${code})`, { cause: error });
  }
  const folder = own ? join(home, '.ssh') : dirname(path);
  const include = (pattern: string) =>
    filesOf(expandPath(pattern, home, folder)).flatMap((file) =>
      readLines(file, home, depth + 1, own),
    );
  return withIncluded(parse(text, path), include, path);
}

function parse(text: string, path: string): Line[] {
  try {
    return [...SSHConfig.parse(text)];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`${path}: ${why}`, { cause: error });
  }
}

function withIncluded(
  lines: readonly Line[],
  include: (pattern: string) => Line[],
  path: string,
): Line[] {
  return lines.flatMap((line) => {
    if (line.type !== LineType.DIRECTIVE) return [];
    const keyword = line.param.toLowerCase();
    // It would ask a name server for each host.
    if (keyword === 'canonicalizehostname') return [];
    if (keyword === 'include') {
      const patterns = typeof line.value === 'string' ? [line.value] : line.value.map((v) => v.val);
      return patterns.flatMap(include);
    }
    if (!('config' in line)) return [line];
    const inner = withIncluded([...line.config], include, path);
    if (inner.some((of) => 'config' in of))
      throw new InvalidInputError(`${path}: a section includes a file that has sections itself`);
    return [{ ...line, config: configOf(inner) }];
  });
}

/** The files that a pattern with `*` and `?` stands for, in the order of their names. */
function filesOf(pattern: string): string[] {
  let found = ['/'];
  for (const part of pattern.split('/').filter((name) => name !== '')) {
    found = found.flatMap((folder) => {
      if (!/[*?]/.test(part)) return [resolve(folder, part)];
      return namesIn(folder)
        .filter((name) => (part.startsWith('.') || !name.startsWith('.')) && glob(part, name))
        .map((name) => join(folder, name));
    });
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
