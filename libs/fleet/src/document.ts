/** Text to YAML nodes, which know where they stand. JSON is YAML, so one parser does for both. */
import {
  Composer,
  isAlias,
  isNode,
  isScalar,
  isSeq,
  Parser,
  visit,
  type Alias,
  type CST,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import { findJsonError } from '@muster/protocol';
import { shown, type Issues } from './issues.js';

/** A fleet file is four levels deep; the parser recurses, so its depth is bounded here. */
const MAX_DEPTH = 64;

/** A parsed file whose aliases are resolved when a node is asked for. */
export interface FileDocument {
  readonly contents: Node | null;
  /** The node itself, or what an alias stands for; null where the file has nothing. */
  resolve(node: unknown): Node | null;
}

/** Parses the text. All that is wrong with its syntax goes to `issues`; then the result is null. */
export function parseDocument(text: string, json: boolean, issues: Issues): FileDocument | null {
  const tokens = [...new Parser().parse(text)];
  const deep = tokens.map((token) => tooDeep(token, MAX_DEPTH)).find((token) => token !== null);
  if (deep) {
    issues.add(deep.offset, `nested more than ${String(MAX_DEPTH)} levels deep`);
    return null;
  }
  // The library's own check for unique keys takes quadratic time. readMap has one, which names
  // both places.
  const composer = new Composer<ParsedNode>({ uniqueKeys: false, schema: 'core' });
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (document === undefined) return null;
  if (second) issues.add(second.range[0], 'expected one document, a second one starts here');
  const problems = [...document.errors, ...document.warnings].filter(
    // A long node set as a key is fine: the limit is there for parsers with little memory.
    ({ code }) => code !== 'KEY_OVER_1024_CHARS',
  );
  for (const { message, pos } of problems) {
    issues.add(
      pos[0],
      `not valid ${json ? 'JSON' : 'YAML'}: ${message}${quotingHint(text.charAt(pos[0]))}`,
    );
  }
  if (second || problems.length > 0) return null;
  const notJson = json ? findJsonError(text) : null;
  if (notJson !== null) {
    issues.add(notJson.offset, `not valid JSON: ${notJson.message}`);
    return null;
  }
  const aliases = resolveAliases(document, issues);
  if (aliases === null) return null;
  return {
    contents: document.contents,
    resolve: (node) => (isAlias(node) ? (aliases.get(node) ?? null) : isNode(node) ? node : null),
  };
}

/** What node sets begin with and YAML has other uses for. */
function quotingHint(character: string): string {
  return ['[', '@', '*'].includes(character) ? '; a node set needs quotes here' : '';
}

function tooDeep(token: CST.Token, left: number): CST.Token | null {
  if (token.type === 'document') return token.value ? tooDeep(token.value, left) : null;
  if (!('items' in token)) return null;
  if (left === 0) return token;
  for (const { key, value } of token.items) {
    const deep = (key && tooDeep(key, left - 1)) ?? (value && tooDeep(value, left - 1));
    if (deep) return deep;
  }
  return null;
}

/** What each alias stands for (the library's `Alias.resolve` looks through the file for each one). */
function resolveAliases(document: Document.Parsed, issues: Issues): Map<Node, Node> | null {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Node, Node>();
  const unknown: Alias[] = [];
  visit(document, {
    Alias: (_key, alias) => {
      const target = anchors.get(alias.source);
      if (target) aliases.set(alias, target);
      else unknown.push(alias);
    },
    Value: (_key, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  for (const alias of unknown) {
    const name = shown(`*${alias.source}`);
    issues.add(startOf(alias), `unknown alias ${name}: no anchor of that name stands before it`);
  }
  return unknown.length === 0 ? aliases : null;
}

/** Where a node starts, in UTF-16 code units from the start of the text. */
export function startOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** A scalar's or a flat list's value; deeper or other things come as `{}`, which fits no setting. */
export function plainValue(node: Node | null, document: FileDocument): unknown {
  if (node === null) return null;
  if (isScalar(node)) return node.value;
  if (!isSeq(node)) return {};
  return node.items.map((item) => {
    const target = document.resolve(item);
    return target === null || isScalar(target) ? (target?.value ?? null) : {};
  });
}

/** A node's value as a message may show it. */
export function describe(node: Node | null): string {
  if (node === null) return 'nothing';
  if (!isScalar(node)) return isSeq(node) ? 'a list' : 'a map';
  if (typeof node.value === 'string') return shown(node.value);
  return node.value === null ? 'nothing' : (node.source ?? '');
}
