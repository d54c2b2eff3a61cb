/** What may be set for a drone, or in `defaults` for all: one schema, one line of help for each key. */
import { isName } from '@muster/protocol';
import { z } from 'zod';

export const TRANSPORTS = ['ssh', 'local', 'agent'] as const;
export const HOST_KEY_POLICIES = ['strict', 'accept-new'] as const;

/** How a drone is reached: by a near worker over SSH or on its own machine, or by a worker on it. */
export type Transport = (typeof TRANSPORTS)[number];
/** Whether a host key that is not known yet is refused (`strict`) or learnt (`accept-new`). */
export type HostKeyPolicy = (typeof HOST_KEY_POLICIES)[number];

const text = z.string().regex(/^\P{Cc}+$/u);
const texts = z.array(text).readonly();
/** `~user` is a shell's notation; here `~` is `$HOME` and nothing else. */
const path = text.regex(/^(?!~[^/])/);
const paths = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(path).min(1).readonly(),
);
const PATHS = "a path or a list of paths ('~/' is $HOME, '~user' is not known)";

const SHAPE = {
  transport: z.enum(TRANSPORTS).describe('ssh, local or agent'),
  site: z.string().refine(isName).describe('a name: letters, digits, dots, dashes and underscores'),
  address: text.describe('a host name or an address'),
  port: z.int().min(1).max(65_535).describe('a whole number from 1 to 65535'),
  user: text.describe('a user name'),
  identityFile: paths.describe(PATHS),
  passphraseFile: path.describe("a path ('~/' is $HOME, '~user' is not known)"),
  knownHosts: paths.describe(PATHS),
  hostKeyPolicy: z.enum(HOST_KEY_POLICIES).describe('strict or accept-new'),
  jump: text.describe('a host to go through'),
  workdir: path.describe("a path ('~/' is $HOME, '~user' is not known)"),
  enabled: z.boolean().describe('true or false'),
  tags: texts.describe('a list of texts'),
  methods: texts.describe("a list of methods' names"),
  maxConcurrentCalls: z.int().min(1).describe('a whole number from 1'),
};

/** A map of settings as the file has it; what it does not give is undefined. */
export const settingsSchema = z.object(SHAPE).partial();
export type GivenSettings = z.infer<typeof settingsSchema>;

export const SETTING_KEYS: readonly string[] = Object.keys(SHAPE);

/** What is expected of a setting, as in `expected ssh, local or agent`. */
export function expectedOf(key: string): string {
  return new Map<string, z.ZodType>(Object.entries(SHAPE)).get(key)?.description ?? '';
}
