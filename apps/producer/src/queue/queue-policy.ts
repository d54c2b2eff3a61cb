/** The policy of a queue: read from what its settings give, and held against who is addressed. */
import { formatPolicy, InvalidInputError, parsePolicy, type Policy } from '@muster/protocol';
import type { Fleet } from '@muster/fleet';
import type { TickPlan } from './plan-tick.js';

/** Rules as texts (`must=` takes the fleet's expressions), or rules that were read before. */
export type GivenPolicy = string | readonly string[] | Policy;

/** @throws InvalidInputError that names the rule. */
export function readPolicy(given: GivenPolicy = 'all', fleet: Fleet): Policy {
  if (isRead(given)) return given;
  return parsePolicy(typeof given === 'string' ? [given] : given, (expression) =>
    fleet.select(expression),
  );
}

function isRead(given: GivenPolicy): given is Policy {
  return typeof given !== 'string' && given.some((rule) => typeof rule !== 'string');
}

/** @throws InvalidInputError when a `must` names a drone that the tick does not address. */
export function refuseStrangers(policy: Policy, plan: TickPlan): void {
  const addressed = new Set(plan.drones.map(({ drone }) => drone));
  for (const rule of policy) {
    if (rule.rule !== 'must') continue;
    const stranger = rule.drones.find((drone) => !addressed.has(drone));
    if (stranger !== undefined) {
      throw new InvalidInputError(
        `policy '${formatPolicy([rule])}': the tick does not address ${stranger}`,
      );
    }
  }
}
