// The functions of TraceQL: what they are given and what they give on.

/** What stands between a function's parentheses. */
export type Takes =
  | 'nothing'
  /** A number or a duration. */
  | 'number'
  /** The same, then quantiles. */
  | 'quantiles'
  | 'field'
  | 'fields'
  /** How many. */
  | 'count'
  /** A filter, then how many values, then from when and until when. */
  | 'selection'
  /** `name = value`. */
  | 'hints'

export type Gives =
  /** Sets of spans. */
  | 'spans'
  /** A number for each set of spans, which must be compared. */
  | 'number'
  /** Numbers over time. */
  | 'series'

export interface TraceqlFunction {
  name: string
  takes: Takes
  gives: Gives
  words: string
  /** What is put in for who takes it; they go on behind it. */
  insert: string
}

/** The most useful first. */
const OF_SPANS: readonly TraceqlFunction[] = [
  {
    name: 'count',
    takes: 'nothing',
    gives: 'number',
    words: 'spans found in the trace',
    insert: 'count() > ',
  },
  { name: 'avg', takes: 'number', gives: 'number', words: 'of a number or duration', insert: 'avg(' },
  { name: 'max', takes: 'number', gives: 'number', words: 'of a number or duration', insert: 'max(' },
  { name: 'min', takes: 'number', gives: 'number', words: 'of a number or duration', insert: 'min(' },
  { name: 'sum', takes: 'number', gives: 'number', words: 'of a number or duration', insert: 'sum(' },
  { name: 'by', takes: 'field', gives: 'spans', words: 'a spanset for each value', insert: 'by(' },
  { name: 'select', takes: 'fields', gives: 'spans', words: 'shows an attribute', insert: 'select(' },
  { name: 'coalesce', takes: 'nothing', gives: 'spans', words: 'one spanset again', insert: 'coalesce() ' },
]

const OF_METRICS: readonly TraceqlFunction[] = [
  { name: 'rate', takes: 'nothing', gives: 'series', words: 'chart: spans a second', insert: 'rate() ' },
  {
    name: 'quantile_over_time',
    takes: 'quantiles',
    gives: 'series',
    words: 'chart: quantiles of durations',
    insert: 'quantile_over_time(duration, 0.5, 0.9, 0.99) ',
  },
  {
    name: 'histogram_over_time',
    takes: 'number',
    gives: 'series',
    words: 'chart: a heat map of durations',
    insert: 'histogram_over_time(duration) ',
  },
  {
    name: 'compare',
    takes: 'selection',
    gives: 'series',
    words: 'what sets some spans apart',
    insert: 'compare({ status = error }) ',
  },
  {
    name: 'count_over_time',
    takes: 'nothing',
    gives: 'series',
    words: 'chart: spans in each step',
    insert: 'count_over_time() ',
  },
  {
    name: 'avg_over_time',
    takes: 'number',
    gives: 'series',
    words: 'chart: the mean of each step',
    insert: 'avg_over_time(',
  },
  {
    name: 'max_over_time',
    takes: 'number',
    gives: 'series',
    words: 'chart: the largest of each step',
    insert: 'max_over_time(',
  },
  {
    name: 'min_over_time',
    takes: 'number',
    gives: 'series',
    words: 'chart: the smallest of each step',
    insert: 'min_over_time(',
  },
  {
    name: 'sum_over_time',
    takes: 'number',
    gives: 'series',
    words: 'chart: the sum of each step',
    insert: 'sum_over_time(',
  },
]

const RANKS: readonly TraceqlFunction[] = [
  { name: 'topk', takes: 'count', gives: 'series', words: 'the largest series', insert: 'topk(10) ' },
  { name: 'bottomk', takes: 'count', gives: 'series', words: 'the smallest series', insert: 'bottomk(10) ' },
]

const BY_NAME = new Map([...OF_SPANS, ...OF_METRICS, ...RANKS].map(one => [one.name, one]))
const METRICS = new Set(OF_METRICS.map(({ name }) => name))

export const functionOf = (name: string) => BY_NAME.get(name)
export const isMetricsFunction = (name: string) => METRICS.has(name)

/** What may follow a pipe behind spans, or behind series. */
export function functionsAfter(given: 'spans' | 'series'): readonly TraceqlFunction[] {
  return given === 'series' ? RANKS : [...OF_SPANS, ...OF_METRICS]
}

/** Of `with (…)`. */
export const HINTS: readonly [name: string, words: string][] = [
  ['exemplars', 'spans to look at: true, false or how many'],
  ['most_recent', 'always the newest; here it is so anyway'],
  ['sample', 'estimates; here answers are exact'],
]
