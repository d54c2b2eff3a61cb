/** What the standard `OTEL_*` variables ask for. */

export interface TelemetryChoice {
  /** Traces by OTLP. */
  readonly traces: boolean;
  /** Metrics by OTLP, every so many milliseconds; null for not. */
  readonly metricsEveryMs: number | null;
  /** Where Prometheus is to find metrics; null for nowhere. */
  readonly prometheus: { readonly host: string; readonly port: number } | null;
  readonly complaints: readonly Complaint[];
}

/** A variable that asks for what is not to be had; what is done instead is in the message. */
interface Complaint {
  readonly variable: string;
  readonly message: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const OTLP = 'OTEL_EXPORTER_OTLP';
const EVERY_MS = 60_000;
const PROMETHEUS_PORT = 9_464;

/** Null where nothing is asked for, so that nothing need be loaded. */
export function chooseTelemetry(env: Environment): TelemetryChoice | null {
  const complaints: Complaint[] = [];
  const complain = (variable: string, message: string) => {
    const isNew = complaints.every(
      (made) => made.variable !== variable || made.message !== message,
    );
    if (isNew) complaints.push({ variable, message });
  };
  const said = (variable: string) => env[variable]?.trim() ?? '';
  if (said('OTEL_SDK_DISABLED').toLowerCase() === 'true') return null;

  const exporters = (signal: 'TRACES' | 'METRICS', known: readonly string[]): Set<string> => {
    const variable = `OTEL_${signal}_EXPORTER`;
    const endpoint = said(`${OTLP}_${signal}_ENDPOINT`) || said(`${OTLP}_ENDPOINT`);
    const names = (said(variable) || (endpoint === '' ? '' : 'otlp')).split(',');
    const wanted = new Set(names.map((name) => name.trim().toLowerCase()).filter(Boolean));
    for (const name of wanted) {
      if (known.includes(name) || name === 'none') continue;
      wanted.delete(name);
      complain(
        variable,
        `'${name}' is not known, and left out; expected ${known.join(', ')}, none`,
      );
    }
    if (wanted.has('otlp')) {
      const own = `${OTLP}_${signal}_PROTOCOL`;
      const common = `${OTLP}_PROTOCOL`;
      const place = said(own) === '' ? common : own;
      if (!['', 'http/protobuf'].includes(said(place)))
        complain(place, `'${said(place)}' is not to be had: http/protobuf is used`);
    }
    return wanted;
  };
  /** A whole number of at least 1. */
  const number = (variable: string, standard: number, most: number): number => {
    const text = said(variable);
    if (text === '') return standard;
    if (/^\d{1,9}$/.test(text) && Number(text) >= 1 && Number(text) <= most) return Number(text);
    complain(
      variable,
      `'${text}' is no number from 1 to ${String(most)}: it is ${String(standard)}`,
    );
    return standard;
  };

  const traces = exporters('TRACES', ['otlp']);
  const metrics = exporters('METRICS', ['otlp', 'prometheus']);
  const logs = said('OTEL_LOGS_EXPORTER').toLowerCase();
  if (!['', 'none'].includes(logs))
    complain('OTEL_LOGS_EXPORTER', `'${logs}' is not to be had: logs go to stderr`);
  const choice: TelemetryChoice = {
    traces: traces.has('otlp'),
    metricsEveryMs: metrics.has('otlp')
      ? number('OTEL_METRIC_EXPORT_INTERVAL', EVERY_MS, 86_400_000)
      : null,
    prometheus: metrics.has('prometheus')
      ? {
          host: said('OTEL_EXPORTER_PROMETHEUS_HOST') || 'localhost',
          port: number('OTEL_EXPORTER_PROMETHEUS_PORT', PROMETHEUS_PORT, 65_535),
        }
      : null,
    complaints,
  };
  const { metricsEveryMs, prometheus } = choice;
  const nothing = !choice.traces && metricsEveryMs === null && prometheus === null;
  return nothing && complaints.length === 0 ? null : choice;
}
