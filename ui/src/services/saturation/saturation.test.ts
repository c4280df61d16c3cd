import { expect, test } from 'vitest'
import type { SchemaSaturationSeries } from '../../api/schema.d.ts'
import { kindWords } from './kinds.ts'
import { levelCounts, worstFirst, worstTrouble } from './level.ts'
import { LINES_MAX, linesOf } from './lines.ts'
import { formatOf } from './value.ts'

function item(name: string, level: string, unit = '1', values: (number | null)[] = [0.5], metric = 'm') {
  return { name, level, unit, values, metric, kind: 'cpu', query: '' } satisfies SchemaSaturationSeries
}

const namesOf = (items: readonly SchemaSaturationSeries[]) => items.map(({ name }) => name).join(' ')

test('the worst comes first, then ratios, then units side by side', () => {
  const items = [
    item('bytes', 'ok', 'By'),
    item('later', 'sleepy'),
    item('rate', 'ok', '{request}/s'),
    item('more-bytes', 'ok', 'By'),
    item('ratio', 'ok'),
    item('tight', 'warning', 'By'),
    item('full', 'critical', '{request}/s'),
  ]
  expect(namesOf(worstFirst(items))).toBe('full tight ratio bytes more-bytes rate later')
})

test('the worst is told only where it is a reason to look', () => {
  expect(worstTrouble([item('a', 'ok'), item('b', 'warning'), item('c', 'critical')])?.name).toBe('c')
  expect(worstTrouble([item('a', 'ok'), item('b', 'warning')])?.name).toBe('b')
  expect(worstTrouble([item('a', 'ok'), item('b', 'sleepy')])).toBeNull()
  expect(worstTrouble([])).toBeNull()
})

test('levels are counted, the worst first', () => {
  const items = [item('a', 'ok'), item('b', 'warning'), item('c', 'critical'), item('d', 'warning')]
  expect(levelCounts(items)).toBe('1 critical, 2 warnings, 1 ok')
  expect(levelCounts([item('b', 'warning')])).toBe('1 warning')
})

test.each([
  ['1', 0.97, '97.0 %'],
  ['By', 412 * 2 ** 20, '412 MiB'],
  ['{request}/s', 2.1, '2.10/s'],
  ['{cpu}', 0.4213, '0.421 CPU'],
  ['{goroutine}', 214, '214 goroutines'],
  ['{connection}', 1, '1 connection'],
  ['s', 3, '3 s'],
  ['By', null, '–'],
])('by the unit %s %d reads %s', (unit, value, text) => {
  expect(formatOf(item('', 'ok', unit))(value)).toBe(text)
})

test('a breaker is open or closed, and no share', () => {
  const format = formatOf(item('', 'ok', '1', [0], 'envoy_cluster_circuit_breakers_default_rq_pending_open'))
  expect([format(0), format(1), format(null)]).toEqual(['closed', 'open', '–'])
})

test('ratios are drawn, and nothing else', () => {
  const breaker = item('breaker', 'critical', '1', [1], 'envoy_cluster_circuit_breakers_default_cx_open')
  const { drawn, count } = linesOf([
    item('a', 'ok'),
    breaker,
    item('b', 'ok', 'By'),
    item('c', 'ok', '1', [null]),
  ])
  expect(drawn.map(({ label }) => label)).toEqual(['A a'])
  expect(count).toBe(1)
})

test('of many ratios the worst are drawn, in the order in which they came', () => {
  const many = Array.from({ length: LINES_MAX + 3 }, (_, place) =>
    item(`r${place}`, 'ok', '1', [place / 100]),
  )
  const { drawn, count } = linesOf([item('low but critical', 'critical', '1', [0]), ...many])
  expect(count).toBe(LINES_MAX + 4)
  expect(drawn.map(({ label }) => label)).toEqual([
    'A low but critical',
    'B r4',
    'C r5',
    'D r6',
    'E r7',
    'F r8',
  ])
})

test('every kind has words, those of a later server their own', () => {
  expect([kindWords('cpu'), kindWords('file_descriptors'), kindWords('gpu_memory')]).toEqual([
    'CPU',
    'file descriptors',
    'gpu memory',
  ])
})
