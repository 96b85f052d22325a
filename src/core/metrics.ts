/** Metrics in the text format of Prometheus (version 0.0.4), without a dependency. */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels?: Labels, by?: number): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
  add(by: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

interface Family {
  lines(): Iterable<string>;
}

/** Seconds, from a cached read to the longest wait that a user accepts. */
const DURATION_BUCKETS = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
];

/**
 * Names and label names are the programmer's and are trusted; label values are escaped, and must
 * come from a closed set (never an id or an address), or memory would grow with them.
 */
export class MetricsRegistry {
  readonly #families = new Map<string, Family>();

  /**
   * `series` are there from the start, at 0: Prometheus does not count the value with which a series
   * appears as an increase, so an alert would miss the first failure. Empty only where too many are
   * possible.
   */
  counter(name: string, help: string, series: readonly Labels[]): Counter {
    const values = new Map(series.map((labels) => [seriesOf(labels), 0]));
    this.#register(name, help, "counter", () => values);
    return { add: (labels, by = 1) => increase(values, seriesOf(labels), by) };
  }

  /** With `read`, the value is read at each scrape. */
  gauge(name: string, help: string, read?: () => number): Gauge {
    const values = new Map<string, number>();
    this.#register(name, help, "gauge", () => read ? new Map([["", read()]]) : values);
    return {
      set: (value, labels) => void values.set(seriesOf(labels), value),
      add: (by, labels) => increase(values, seriesOf(labels), by),
    };
  }

  histogram(name: string, help: string, bounds: readonly number[] = DURATION_BUCKETS): Histogram {
    const series = new Map<string, Distribution>();
    this.#add(name, help, "histogram", function* () {
      for (const [labels, distribution] of series) yield* distribution.lines(name, labels);
    });
    return {
      observe(value, labels) {
        const key = seriesOf(labels);
        let distribution = series.get(key);
        if (!distribution) series.set(key, distribution = new Distribution(bounds));
        distribution.observe(value);
      },
    };
  }

  text(): string {
    const lines: string[] = [];
    for (const family of this.#families.values()) lines.push(...family.lines());
    return lines.join("\n") + "\n";
  }

  #register(name: string, help: string, type: string, values: () => Map<string, number>): void {
    this.#add(name, help, type, function* () {
      for (const [labels, value] of values()) yield `${name}${braces(labels)} ${value}`;
    });
  }

  #add(name: string, help: string, type: string, samples: () => Iterable<string>): void {
    if (this.#families.has(name)) throw new Error(`There is a metric named ${name} already`);
    this.#families.set(name, {
      *lines() {
        yield `# HELP ${name} ${help}`;
        yield `# TYPE ${name} ${type}`;
        yield* samples();
      },
    });
  }
}

class Distribution {
  readonly #counts: number[];
  #sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.#counts = new Array(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const bucket = this.bounds.findIndex((bound) => value <= bound);
    this.#counts[bucket < 0 ? this.bounds.length : bucket]++;
    this.#sum += value;
  }

  *lines(name: string, labels: string): Iterable<string> {
    const comma = labels === "" ? "" : ",";
    let count = 0;
    for (const [i, bound] of [...this.bounds, "+Inf"].entries()) {
      count += this.#counts[i];
      yield `${name}_bucket{${labels}${comma}le="${bound}"} ${count}`;
    }
    yield `${name}_sum${braces(labels)} ${this.#sum}`;
    yield `${name}_count${braces(labels)} ${count}`;
  }
}

/** Returns a series for each value of a label; each value of the union has to be named. */
export function seriesBy<Value extends string>(
  label: string,
  values: Record<Value, 0>,
): readonly Labels[] {
  return Object.keys(values).map((value) => ({ [label]: value }));
}

const braces = (labels: string) => labels === "" ? "" : `{${labels}}`;

function increase(values: Map<string, number>, series: string, by: number): void {
  values.set(series, (values.get(series) ?? 0) + by);
}

function seriesOf(labels: Labels = {}): string {
  let series = "";
  for (const name in labels) series += `${series && ","}${name}="${escapeValue(labels[name])}"`;
  return series;
}

const NEEDS_ESCAPE = /[\\"\n]/;

function escapeValue(value: string): string {
  if (!NEEDS_ESCAPE.test(value)) return value;
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
