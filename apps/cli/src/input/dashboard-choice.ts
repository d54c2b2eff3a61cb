/** Where the dashboard listens, and who may look: flags, files and the environment; no secret is ever a flag. */
import { readFileSync } from 'node:fs';
import { InvalidInputError } from '@muster/protocol';
import type { CredentialsInput } from '@muster/dashboard';

/** As the command line has them. */
export interface CredentialFlags {
  readonly tokenFile?: string;
  readonly credentialsFile?: string;
}

const TOKEN = 'MUSTER_DASHBOARD_TOKEN';

/** @throws InvalidInputError for a file that cannot be read, and for two tokens. */
export function chooseCredentials(
  { tokenFile, credentialsFile }: CredentialFlags,
  env: NodeJS.ProcessEnv = process.env,
): CredentialsInput {
  const own = env[TOKEN] || undefined;
  if (own !== undefined && tokenFile !== undefined)
    throw new InvalidInputError(`--token-file and ${TOKEN} both say a token: give one`);
  const token =
    tokenFile === undefined
      ? own
      : (read(tokenFile, '--token-file').split(/\r?\n/)[0] ?? '').trim();
  return {
    token,
    ...(credentialsFile !== undefined && {
      file: { name: credentialsFile, text: read(credentialsFile, '--credentials-file') },
    }),
  };
}

function read(path: string, flag: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InvalidInputError(`${flag} ${path}: ${why}`, { cause: error });
  }
}
