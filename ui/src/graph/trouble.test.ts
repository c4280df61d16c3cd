import { expect, test } from 'vitest'
import { edge, node } from '../test/graph.ts'
import { cardText, troubleOf, troubleText } from './trouble.ts'

test('the number that is shown is the one that put it in trouble', () => {
  const of = (
    error_rate: number,
    recent_error_rate: number | null,
    health: 'healthy' | 'degraded' | 'failing',
  ) => troubleText(troubleOf(edge('a', 'b', { error_rate, recent_error_rate, health })))
  expect(of(0.02, 0.5, 'failing')).toBe('50.0 % err now')
  expect(cardText({ share: 0.5, isNow: true })).toBe('50.0 % now')
  expect(of(0.3, 0.5, 'failing')).toBe('30.0 % err')
  expect(of(0.3, 0, 'failing')).toBe('30.0 % err')
  expect(of(0.02, 0.03, 'degraded')).toBe('2.00 % err')
  expect(of(0.02, null, 'degraded')).toBe('2.00 % err')
  expect(of(0, 0.004, 'healthy')).toBe('0 % err')
})

test('what nobody counted is not known', () => {
  const trouble = troubleOf(node('a', { requests: null, error_rate: null, recent_error_rate: null }))
  expect(trouble).toEqual({ share: null, isNow: false })
})
