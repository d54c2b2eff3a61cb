/** Who may look: a token, or people with passwords, each known by a hash only. */
import { createHash } from 'node:crypto';
import { InvalidInputError } from '@muster/protocol';
import { hashSecret, isHash, matchesHash } from './secrets.js';

/** A token shorter than this can be guessed. */
const TOKEN_LENGTH = 16;

const USER = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

export interface CredentialsInput {
  /** `text` as the user said it, and `from` where. */
  readonly token?: { readonly text: string; readonly from: string } | undefined;
  /** Text of a credentials file: a line `user:scrypt$…` for each person, `#` begins a comment. */
  readonly file?: { readonly name: string; readonly text: string } | undefined;
}

/** Who has shown a right secret. */
export interface Person {
  readonly name: string;
}

export class Credentials {
  readonly #token: string | undefined;
  readonly #people: ReadonlyMap<string, string>;
  /** Digests of `Authorization` headers that were right: a hash for each request would cost too much. */
  readonly #known = new Map<string, Person>();
  /** What a name that is not there is compared with, so that it takes as long. */
  readonly #nobody: string;

  private constructor(
    token: string | undefined,
    people: ReadonlyMap<string, string>,
    nobody: string,
  ) {
    this.#token = token;
    this.#people = people;
    this.#nobody = nobody;
  }

  /** Undefined where there are none. @throws InvalidInputError for those that cannot be used. */
  static async from({ token, file }: CredentialsInput): Promise<Credentials | undefined> {
    if (token !== undefined) checkToken(token);
    const people = file === undefined ? new Map<string, string>() : readPeople(file);
    if (token === undefined && people.size === 0) return undefined;
    const hash = token === undefined ? undefined : await hashSecret(token.text);
    return new Credentials(hash, people, await hashSecret('nobody'));
  }

  /** Which ways in there are, for the log and the login page. */
  get kinds(): { readonly token: boolean; readonly password: boolean } {
    return { token: this.#token !== undefined, password: this.#people.size > 0 };
  }

  async byToken(token: string): Promise<Person | undefined> {
    const right = await matchesHash(token, this.#token ?? this.#nobody);
    return right && this.#token !== undefined ? { name: 'token' } : undefined;
  }

  async byPassword(name: string, password: string): Promise<Person | undefined> {
    const hash = this.#people.get(name);
    const right = await matchesHash(password, hash ?? this.#nobody);
    return right && hash !== undefined ? { name } : undefined;
  }

  /** By an `Authorization` header, `Bearer TOKEN` or `Basic …`. */
  async byHeader(header: string): Promise<Person | undefined> {
    const person = await this.#readHeader(header);
    if (person !== undefined) this.#known.set(digestOf(header), person);
    return person;
  }

  /** Of a header that was right before. */
  knownBy(header: string): Person | undefined {
    return this.#known.get(digestOf(header));
  }

  async #readHeader(header: string): Promise<Person | undefined> {
    const [, scheme = '', value = ''] = /^(\w+) +(\S+)$/.exec(header) ?? [];
    if (scheme.toLowerCase() === 'bearer') return this.byToken(value);
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const [name, ...rest] = Buffer.from(value, 'base64').toString().split(':');
    return this.byPassword(name ?? '', rest.join(':'));
  }
}

/** @throws InvalidInputError for one that could be guessed, or that no `Authorization` header can have. */
function checkToken({ text, from }: { readonly text: string; readonly from: string }): void {
  const advice = '(e.g. openssl rand -hex 24)';
  if (!/^[\x21-\x7e]*$/.test(text)) {
    throw new InvalidInputError(
      `${from}: the token has a space or another character that no header can have; expected letters, digits and signs ${advice}`,
    );
  }
  if (text.length < TOKEN_LENGTH) {
    throw new InvalidInputError(
      `${from}: the token has ${String(text.length)} characters; it needs ${String(TOKEN_LENGTH)} at least ${advice}`,
    );
  }
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** A line for the credentials file. @throws InvalidInputError for a name or password that cannot be. */
export async function credentialsLine(user: string, password: string): Promise<string> {
  if (!USER.test(user)) throw new InvalidInputError(`'${user}' is no user's name`);
  if (password.length < 8)
    throw new InvalidInputError('the password needs 8 characters at least; give it on stdin');
  return `${user}:${await hashSecret(password)}`;
}

function readPeople({ name, text }: { name: string; text: string }): Map<string, string> {
  const people = new Map<string, string>();
  for (const [index, whole] of text.split(/\r?\n/).entries()) {
    const line = whole.trim();
    if (line === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    const [user, hash] = [line.slice(0, Math.max(colon, 0)), line.slice(colon + 1)];
    const at = `${name}:${String(index + 1)}`;
    if (!USER.test(user)) throw new InvalidInputError(`${at}: expected user:scrypt$…`);
    if (!isHash(hash)) {
      throw new InvalidInputError(
        `${at}: what stands behind ${user} is no scrypt hash; make the line with: muster dashboard --make-credentials ${user}`,
      );
    }
    if (people.has(user)) throw new InvalidInputError(`${at}: ${user} stands there twice`);
    people.set(user, hash);
  }
  if (people.size === 0) throw new InvalidInputError(`${name}: there is nobody in it`);
  return people;
}
