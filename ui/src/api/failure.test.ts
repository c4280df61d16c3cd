import { expect, test } from 'vitest'
import { failureOf, isTransient } from './failure.ts'

const body = { error: { code: 'some_code', message: 'why it is so' } }

test.each([
  [400, {}, 'refused'],
  [401, {}, 'tenant'],
  [401, { 'www-authenticate': 'Bearer' }, 'token'],
  [404, {}, 'not_found'],
  [422, {}, 'refused'],
  [429, {}, 'busy'],
  [500, {}, 'failed'],
  [503, {}, 'starting'],
  [504, {}, 'failed'],
])('status %d with %o is %s', (status, headers, kind) => {
  const failure = failureOf('GET /x', new Response(null, { status, headers }), body)
  expect(failure.kind).toBe(kind)
  expect(failure.message).toBe('why it is so')
})

test.each([null, undefined, '', 'Bad Gateway', {}, { error: 'x' }, { error: { message: 7 } }])(
  'a body of somebody else (%o) is not taken for a message',
  other => {
    const failure = failureOf('GET /x', new Response(null, { status: 502, statusText: 'Bad Gateway' }), other)
    expect(failure.message).toBe('the answer was 502 Bad Gateway')
  },
)

test('asking again helps against load, not against a wrong question', () => {
  expect(isTransient('busy')).toBe(true)
  expect(isTransient('refused')).toBe(false)
})
