// What `compare` counts: each value of each attribute among the selected spans and among the others.

import type { SchemaAnyValue } from '../src/api/schema.d.ts'
import type { TempoSeries } from '../src/api/tempo.ts'
import type { Found } from './metrics.ts'

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const STATUSES = ['unset', 'ok', 'error']

type Side = 'baseline' | 'selection'

export function compared(
  found: readonly Found[],
  isSelected: (one: Found) => boolean,
  valuesMax: number,
  end: number,
): TempoSeries[] {
  const sides = found.map(one => ({ one, side: (isSelected(one) ? 'selection' : 'baseline') as Side }))
  const keys = new Set(found.flatMap(one => attributesOf(one).map(([key]) => key)))
  return [...keys].flatMap(key =>
    (['baseline', 'selection'] as const).flatMap(side => {
      const values = sides.filter(one => one.side === side).map(({ one }) => valueIn(one, key))
      const counts = new Map<string, number>()
      for (const value of values)
        counts.set(JSON.stringify(value), (counts.get(JSON.stringify(value)) ?? 0) + 1)
      const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, valuesMax)
      const listed = most.map(([value, count]) =>
        series(side, key, JSON.parse(value) as SchemaAnyValue, count, end),
      )
      return [...listed, series(`${side}_total`, key, { stringValue: 'nil' }, values.length, end)]
    }),
  )
}

function series(type: string, key: string, value: SchemaAnyValue, count: number, end: number): TempoSeries {
  return {
    labels: [
      { key: '__meta_type', value: { stringValue: type } },
      { key, value },
    ],
    samples: [{ timestampMs: String(end * 1000), value: count }],
    exemplars: [],
  }
}

function attributesOf({ one: { span, resource }, whole: { item } }: Found): [string, SchemaAnyValue][] {
  return [
    ...resource.map(({ key, value }): [string, SchemaAnyValue] => [`resource.${key}`, value]),
    ...(span.attributes ?? []).map(({ key, value }): [string, SchemaAnyValue] => [`span.${key}`, value]),
    ['name', { stringValue: span.name ?? '' }],
    ['status', { stringValue: STATUSES[span.status?.code ?? 0] ?? 'unset' }],
    ['kind', { stringValue: KINDS[span.kind ?? 0] ?? 'unspecified' }],
    ['rootName', { stringValue: item.root_name ?? '' }],
  ]
}

function valueIn(one: Found, key: string): SchemaAnyValue {
  return attributesOf(one).find(([name]) => name === key)?.[1] ?? { stringValue: 'nil' }
}
