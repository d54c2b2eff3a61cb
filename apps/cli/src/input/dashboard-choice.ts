/** Where the dashboard listens, and who may look: flags, files and the environment; no secret is ever a flag. */
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { InvalidInputError } from '@muster/protocol';
import type { CredentialsInput } from '@muster/dashboard';

/** As the command line has them. */
export interface CredentialFlags {
  readonly tokenFile?: string;
  readonly credentialsFile?: string;
}

const TOKEN = 'MUSTER_DASHBOARD_TOKEN';

/** @throws InvalidInputError for a file that cannot be read or has no token, and for two tokens. */
export function chooseCredentials(
  { tokenFile, credentialsFile }: CredentialFlags,
  env: NodeJS.ProcessEnv = process.env,
): CredentialsInput {
  const own = env[TOKEN] || undefined;
  if (own !== undefined && tokenFile !== undefined)
    throw new InvalidInputError(`--token-file and ${TOKEN} both say a token: give one`);
  const said = own === undefined ? undefined : { text: own, from: TOKEN };
  return {
    token: tokenFile === undefined ? said : readToken(tokenFile),
    ...(credentialsFile !== undefined && {
      file: { name: credentialsFile, text: read(credentialsFile, '--credentials-file') },
    }),
  };
}

/** @throws InvalidInputError for a name that nothing is known by: it would be asked for credentials first. */
export async function checkHost(host: string): Promise<void> {
  if (isIP(host) !== 0) return;
  try {
    await lookup(host);
  } catch (error) {
    throw new InvalidInputError(
      `--host ${host}: no machine is known by this name; expected an address or a name of this one, ` +
        'e.g. 127.0.0.1, or 0.0.0.0 for all its addresses',
      { cause: error },
    );
  }
}

function readToken(path: string): { text: string; from: string } {
  const [first = ''] = read(path, '--token-file').split(/\r?\n/);
  const from = `--token-file ${path}`;
  const text = first.trim();
  if (text === '') {
    throw new InvalidInputError(
      `${from}: its first line is empty; expected a token there (e.g. openssl rand -hex 24)`,
    );
  }
  return { text, from };
}

function read(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new InvalidInputError(`${flag} ${path}: ${whyNot(error)}`, { cause: error });
  }
}

function whyNot(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : undefined) {
    case 'ENOENT':
      return 'there is no such file';
    case 'EACCES':
      return 'this user may not read it';
    case 'EISDIR':
      return 'it is a directory; expected a file';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
