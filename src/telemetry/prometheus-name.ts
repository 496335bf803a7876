import type { Instrument } from "./instrument.ts";

/** What the name of a metric says of its unit; what is only counted says nothing. */
const SUFFIXES: Readonly<Record<string, string>> = { s: "_seconds" };

/** The name in Prometheus, as a collector of OpenTelemetry would make it of the other. */
export function prometheusName({ name, unit, kind }: Instrument): string {
  const suffix = `${SUFFIXES[unit] ?? ""}${kind === "counter" ? "_total" : ""}`;
  return prometheusLabel(name) + suffix;
}

export const prometheusLabel = (label: string): string => label.replaceAll(".", "_");
