import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SpanKind } from '@opentelemetry/api';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { LOG_FIELDS } from '../log/log-fields.js';
import { ATTRIBUTES } from './attributes.js';
import { METRICS } from './metric-catalogue.js';
import { SPANS } from './span-catalogue.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const DOCUMENT = readFileSync(join(ROOT, 'docs/telemetry.md'), 'utf8');

/** The cells of each row of the table that begins with that column. */
function table(firstColumn: string): string[][] {
  const lines = DOCUMENT.split('\n');
  const head = lines.findIndex((line) => new RegExp(`^\\| ${firstColumn} +\\|`).test(line));
  const rest = lines.slice(head + 2);
  const end = rest.findIndex((line) => !line.startsWith('|'));
  return rest.slice(0, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const named = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
const inOrder = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

describe('docs/telemetry.md', () => {
  it('has every span, with its kind and its attributes, and no other', () => {
    const rows = table('attribute').map(([attribute, of]) => [named(attribute)[0], named(of)]);
    const documented = table('span').map(([name, kind]) => {
      const [span = ''] = named(name);
      const attributes = rows
        .filter(([, of]) => of?.includes(span))
        .map(([attribute]) => attribute);
      return [span, kind, attributes.sort()];
    });
    const known = Object.values(SPANS).map(({ name, kind, attributes }) => [
      name,
      SpanKind[kind].toLowerCase(),
      [...attributes].sort(),
    ]);
    expect(inOrder(documented)).toEqual(inOrder(known));
    const spans = new Set<string>(Object.values(SPANS).map(({ name }) => name));
    expect(rows.flatMap(([, of]) => of ?? []).filter((of) => !spans.has(of))).toEqual([]);
  });

  it('has every metric, with its type, unit and attributes, and no other', () => {
    const documented = table('metric').map(([name, type, unit, , , attributes]) => [
      named(name)[0],
      type,
      named(unit)[0],
      named(attributes),
    ]);
    const known = Object.values(METRICS).map(({ name, type, unit, attributes }) => [
      ...[name, type, unit, attributes],
    ]);
    expect(inOrder(documented)).toEqual(inOrder(known));
  });

  it('has every field of a line of the log, and no other', () => {
    expect(
      table('field')
        .flatMap(([names]) => named(names))
        .sort(),
    ).toEqual([...LOG_FIELDS].sort());
  });
});

it('no attribute is listed that nothing has', () => {
  const used = [...Object.values(SPANS), ...Object.values(METRICS)].flatMap(
    ({ attributes }): readonly string[] => attributes,
  );
  expect([...new Set(used)].sort()).toEqual([...ATTRIBUTES].sort());
});

describe('what is logged', () => {
  it('has fields that are listed, and every field that is listed is logged somewhere', () => {
    const written = new Set(ALWAYS);
    const unlisted: string[] = [];
    for (const file of sources()) {
      for (const { field, at } of fieldsIn(file)) {
        written.add(field);
        if (!(LOG_FIELDS as readonly string[]).includes(field)) unlisted.push(`${at}: ${field}`);
      }
    }
    expect(unlisted).toEqual([]);
    expect(LOG_FIELDS.filter((field) => !written.has(field))).toEqual([]);
  });
});

/** Pino's own. */
const ALWAYS = ['level', 'time', 'pid', 'hostname', 'name', 'msg'];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

/** The code of all packages, without tests. */
function sources(): string[] {
  return ['apps', 'libs'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).flatMap((name) => {
      const source = join(ROOT, folder, name, 'src');
      return readdirSync(source, { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
        .map((path) => join(source, path));
    }),
  );
}

/** What is handed to `log.info(…)` and the like, and to `log.child(…)`. */
function fieldsIn(file: string): { field: string; at: string }[] {
  const text = readFileSync(file, 'utf8');
  if (!/\blog\b/.test(text)) return [];
  const found: { field: string; at: string }[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const add = (node: ts.Node, field: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({ field, at: `${file.slice(ROOT.length)}:${String(line + 1)}` });
  };
  const addAll = (given: ts.Expression) => {
    if (ts.isIdentifier(given)) {
      const fields = initialOf(source, given.text);
      if (fields !== undefined && ts.isObjectLiteralExpression(fields)) addAll(fields);
    } else if (ts.isObjectLiteralExpression(given)) {
      for (const property of given.properties) {
        if (!ts.isSpreadAssignment(property)) add(property, property.name.getText());
        else
          for (const field of SPREAD[property.expression.getText()] ?? [
            'a spread that this test does not know',
          ])
            add(property, field);
      }
    } else if (!ts.isStringLiteral(given)) add(given, given.getText());
  };
  const visit = (node: ts.Node) => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: receiver, name } = node.expression;
      const [first] = node.arguments;
      const isLog = /(?:^|\.)(?:log|logger)$/.test(receiver.getText());
      if (isLog && first !== undefined && [...LEVELS, 'child'].includes(name.text)) addAll(first);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What stands behind three dots. */
const SPREAD: Record<string, readonly string[]> = {
  ids: ['trace_id', 'span_id'],
  'span.ids': ['trace_id', 'span_id'],
  next: ['afterMs', 'why'],
  'report.timings': ['queuedMs', 'connectMs', 'runMs'],
  'aboutJob(job)': ['tick', 'lane', 'drone', 'batch', 'job'],
};

/** What a variable of that name was set to. */
function initialOf(source: ts.SourceFile, name: string): ts.Expression | undefined {
  let found: ts.Expression | undefined;
  const visit = (node: ts.Node) => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name) found ??= node.initializer;
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
