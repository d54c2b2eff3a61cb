/** Offers our keys to a server one after another, and says in the end which were tried. */
import type { AnyAuthMethod, AuthenticationType, AuthHandlerMiddleware } from 'ssh2';
import type { Credentials } from './credentials.js';

export interface KeyOffering {
  readonly user: string;
  readonly credentials: Credentials;
  /** Asked once before the first key is shown; the server learns nothing of us until it resolves with true. */
  readonly mayStart: () => Promise<boolean>;
  /** No key is left; the message says what was tried. */
  readonly onExhausted: (message: string) => void;
  /** False once the attempt is over. */
  readonly isOpen: () => boolean;
}

/** For ssh2's `authHandler`, which is called before the first and after each refused method. */
export function offerKeys(offering: KeyOffering): AuthHandlerMiddleware {
  const { user: username, credentials, isOpen } = offering;
  const methods: AnyAuthMethod[] = credentials.identities.map(({ key }) => {
    return { type: 'publickey', username, key };
  });
  if (credentials.agent !== null) {
    methods.push({ type: 'agent', username, agent: credentials.agent });
  }
  let tried = 0;

  return (methodsLeft: AuthenticationType[] | null, _partialSuccess, next) => {
    const step = () => {
      const method = methods[tried];
      const keysTaken = methodsLeft?.includes('publickey') ?? true;
      if (method === undefined || !keysTaken) {
        const taken = keysTaken ? [] : [`the server takes ${methodsLeft?.join(', ') ?? 'nothing'}`];
        offering.onExhausted(exhausted(offering, tried, taken));
        return;
      }
      tried += 1;
      next(method);
    };
    if (tried > 0) {
      step();
      return;
    }
    void offering.mayStart().then((start) => {
      if (start && isOpen()) step();
    });
  };
}

/** Why nothing can be offered at all, or null when there is something to try. */
export function nothingToOffer(user: string, credentials: Credentials): string | null {
  if (credentials.identities.length > 0 || credentials.agent !== null) return null;
  const why = [...credentials.problems, credentials.noAgent].join('; ');
  return `user ${user}: no usable key: ${why}`;
}

function exhausted(offering: KeyOffering, tried: number, notes: readonly string[]): string {
  const { identities, problems } = offering.credentials;
  const files = identities.slice(0, tried).map(({ path }) => path);
  const agent = tried > identities.length ? ['the keys of ssh-agent'] : [];
  const what = `tried ${[...files, ...agent].join(', ') || 'none'}`;
  return `user ${offering.user}: no key was accepted (${[what, ...problems, ...notes].join('; ')})`;
}
