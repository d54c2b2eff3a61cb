export type { Context as TracePlace } from '@opentelemetry/api';
export * from './attributes.js';
export * from './metric-catalogue.js';
export * from './metrics.js';
export { observe } from './observed-metrics.js';
export * from './redis-latency.js';
export * from './span-catalogue.js';
export * from './spans.js';
export * from './trace-context.js';
