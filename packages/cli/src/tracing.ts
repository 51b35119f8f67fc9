/** Sends the spans of a broker to a collector, over OTLP. The packages for it are loaded when a configuration asks for them. */
import { createRequire } from 'node:module';
import type { BrokerObserver, Logger } from '@petrel/broker';
import type { Report } from './configuration/check-value.js';
import type { Configuration } from './configuration/schema.js';

/** Not among the dependencies of this package: few brokers are traced. */
const packages = [
  '@opentelemetry/api',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace-node',
  '@opentelemetry/exporter-trace-otlp-http',
] as const;

/** A collector that takes longer does not hold up the end of the broker. */
const exportTimeoutMs = 5_000;

/** What a checked configuration says of it. */
export type TracingSettings = NonNullable<Configuration['tracing']>;

/** Spans on their way. */
export interface Tracing {
  readonly observer: BrokerObserver;
  /** Sends what is left. Resolves also where the collector does not take it. */
  close(): Promise<void>;
}

/** Reports what is not installed. */
export function checkTracing(settings: TracingSettings | undefined, report: Report): void {
  if (settings === undefined) return;
  const missing = packages.filter((name) => !isInstalled(name));
  if (missing.length > 0)
    report(['tracing'], `needs packages that are not installed: npm install ${missing.join(' ')}`);
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Begins to trace; what the exporter cannot send is said as a warning. */
export async function openTracing(settings: TracingSettings, logger: Logger): Promise<Tracing> {
  const [{ DiagLogLevel, diag }, { resourceFromAttributes }, sdk, { OTLPTraceExporter }, { openTelemetry }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@petrel/broker/opentelemetry'),
    ]);
  const warn = (message: string): void => logger.warn(`tracing: ${message}`);
  const ignore = (): void => undefined;
  diag.setLogger(
    { error: warn, warn, info: ignore, debug: ignore, verbose: ignore },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  );
  const { url, serviceName = 'petrel', sampleOneIn = 100, maximumMessagesPerSecond } = settings;
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  const tracerProvider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName }),
    // Who publishes may have decided already: then all of the trace is kept, or nothing.
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(1 / sampleOneIn) }),
    spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
  });
  tracerProvider.register();
  return {
    observer: openTelemetry({
      tracerProvider,
      ...(maximumMessagesPerSecond !== undefined && { maximumMessagesPerSecond }),
    }),
    close: () =>
      tracerProvider.shutdown().catch((cause: unknown) => warn(`the last spans were not sent: ${cause}`)),
  };
}
