import { describe, expect, it } from 'vitest';
import { chooseTelemetry } from './choose-telemetry.js';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('chooseTelemetry', () => {
  it.each<Record<string, string>>([
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' },
    { OTEL_SERVICE_NAME: 'scheduler', OTEL_RESOURCE_ATTRIBUTES: 'a=b' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' },
    { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
  ])('%j asks for nothing', (env) => {
    expect(chooseTelemetry(env)).toBeNull();
  });

  it.each<[Record<string, string>, object]>([
    [ENDPOINT, { traces: true, metricsEveryMs: 60_000, prometheus: null }],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://a' },
      { traces: true, metricsEveryMs: null, prometheus: null },
    ],
    [
      { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a', OTEL_METRIC_EXPORT_INTERVAL: '5000' },
      { traces: false, metricsEveryMs: 5_000, prometheus: null },
    ],
    [
      { OTEL_METRICS_EXPORTER: 'prometheus' },
      { traces: false, metricsEveryMs: null, prometheus: { host: 'localhost', port: 9_464 } },
    ],
    [
      {
        ...ENDPOINT,
        OTEL_TRACES_EXPORTER: 'none',
        OTEL_METRICS_EXPORTER: 'otlp, prometheus',
        OTEL_EXPORTER_PROMETHEUS_HOST: '0.0.0.0',
        OTEL_EXPORTER_PROMETHEUS_PORT: '9000',
      },
      { traces: false, metricsEveryMs: 60_000, prometheus: { host: '0.0.0.0', port: 9_000 } },
    ],
  ])('%j asks for %j', (env, expected) => {
    expect(chooseTelemetry(env)).toEqual({ ...expected, complaints: [] });
  });

  it.each<[Record<string, string>, string, string]>([
    [
      { OTEL_TRACES_EXPORTER: 'jaeger' },
      'OTEL_TRACES_EXPORTER',
      "'jaeger' is not known, and left out; expected otlp, none",
    ],
    [
      { OTEL_METRICS_EXPORTER: 'console,prometheus' },
      'OTEL_METRICS_EXPORTER',
      "'console' is not known, and left out; expected otlp, prometheus, none",
    ],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      "'grpc' is not to be had: http/protobuf is used",
    ],
    [
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json' },
      'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL',
      "'http/json' is not to be had: http/protobuf is used",
    ],
    [
      { ...ENDPOINT, OTEL_METRIC_EXPORT_INTERVAL: 'often' },
      'OTEL_METRIC_EXPORT_INTERVAL',
      "'often' is no number from 1 to 86400000: it is 60000",
    ],
    [
      { OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_PROMETHEUS_PORT: '70000' },
      'OTEL_EXPORTER_PROMETHEUS_PORT',
      "'70000' is no number from 1 to 65535: it is 9464",
    ],
    [
      { OTEL_LOGS_EXPORTER: 'otlp' },
      'OTEL_LOGS_EXPORTER',
      "'otlp' is not to be had: logs go to stderr",
    ],
  ])('of %j it complains once, of %s', (env, variable, message) => {
    expect(chooseTelemetry(env)?.complaints).toEqual([{ variable, message }]);
  });
});
