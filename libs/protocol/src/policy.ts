/**
 * Which ticks are good enough: `all`, `any`, `max=N`, `max=P%`, `must=NODESET`.
 * A policy is a list of rules that must all hold. Pure, so that the verdict on a
 * stored record can be computed again and is the same.
 */
import { InvalidInputError } from './errors.js';
import { expandNodeSet, foldNodeSet, NodeSetError } from './node-set/index.js';

export type PolicyRule =
  | { readonly rule: 'all' }
  | { readonly rule: 'any' }
  | { readonly rule: 'max'; readonly count: number }
  | { readonly rule: 'max-percent'; readonly percent: number }
  | { readonly rule: 'must'; readonly drones: readonly string[] };

/** No rules mean `all`. */
export type Policy = readonly PolicyRule[];

export const POLICY_ALL: Policy = [{ rule: 'all' }];

const EXPECTED = "expected 'all', 'any', 'max=N', 'max=P%' or 'must=EXPR'";

/**
 * Reads rules as given by a user, one or more in a string, separated by `;`.
 * `resolve` turns the expression of `must=` into drones; without it, it is a plain node set.
 * @throws InvalidInputError that names the rule and what was expected.
 */
export function parsePolicy(
  texts: readonly string[],
  resolve: (expression: string) => readonly string[] = expandNodeSet,
): Policy {
  const rules = texts
    .flatMap((text) => text.split(';'))
    .map((text) => parseRule(text.trim(), resolve));
  if (rules.length === 0) return POLICY_ALL;
  return rules;
}

function parseRule(text: string, resolve: (expression: string) => readonly string[]): PolicyRule {
  if (text === 'all' || text === 'any') return { rule: text };
  const [key, value] = splitOnce(text);
  if (key === 'max' && value !== undefined) {
    // With an exponent, as very small numbers are written.
    const match = /^(\d+(?:\.\d+)?(?:e-\d+)?)(%?)$/.exec(value);
    const amount = Number(match?.[1]);
    if (match?.[2] === '%' && amount <= 100) return { rule: 'max-percent', percent: amount };
    if (match?.[2] === '' && Number.isSafeInteger(amount)) return { rule: 'max', count: amount };
  }
  if (key === 'must' && value !== undefined && value !== '') return mustRule(text, value, resolve);
  throw new InvalidInputError(`policy '${text}': ${EXPECTED}`);
}

function mustRule(
  text: string,
  expression: string,
  resolve: (expression: string) => readonly string[],
): PolicyRule {
  try {
    const drones = resolve(expression);
    if (drones.length > 0) return { rule: 'must', drones };
  } catch (error) {
    if (!(error instanceof NodeSetError)) throw error;
    throw new InvalidInputError(`policy '${text}': ${error.message}`, { cause: error });
  }
  throw new InvalidInputError(`policy '${text}': it selects no drone`);
}

function splitOnce(text: string): [string, string | undefined] {
  const at = text.indexOf('=');
  return at < 0 ? [text, undefined] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** The policy as a record holds it; `parsePolicy([text])` gives it back. */
export function formatPolicy(policy: Policy): string {
  return rulesOf(policy).map(formatRule).join('; ');
}

function formatRule(rule: PolicyRule): string {
  switch (rule.rule) {
    case 'all':
    case 'any':
      return rule.rule;
    case 'max':
      return `max=${String(rule.count)}`;
    case 'max-percent':
      return `max=${String(rule.percent)}%`;
    case 'must':
      return `must=${foldNodeSet(rule.drones)}`;
  }
}

/** Whether the policy is met: `isOk` says it of a drone, `roster` are the drones addressed. */
export function policyMet(
  policy: Policy,
  roster: readonly string[],
  isOk: (drone: string) => boolean,
): boolean {
  let ok = 0;
  for (const drone of roster) if (isOk(drone)) ok += 1;
  const bad = roster.length - ok;
  return rulesOf(policy).every((rule) => {
    switch (rule.rule) {
      case 'all':
        return bad === 0;
      case 'any':
        return ok > 0;
      case 'max':
        return bad <= rule.count;
      case 'max-percent':
        // A quotient is rounded as the number that was written is, so both agree at the boundary.
        return bad === 0 || (bad * 100) / roster.length <= rule.percent;
      case 'must':
        return rule.drones.every(isOk);
    }
  });
}

function rulesOf(policy: Policy): Policy {
  return policy.length === 0 ? POLICY_ALL : policy;
}
