import { expect, test } from 'vitest'
import { isLoopback, loopbackOnly, readHost, targetOf, urlOf } from './target.ts'
import { toYaml } from './yaml.ts'

test.each([
  ['localhost', 'localhost'],
  [' spans.example.com ', 'spans.example.com'],
  ['10.0.0.7', '10.0.0.7'],
  ['::1', '[::1]'],
  ['[2001:db8::1]', '[2001:db8::1]'],
  ['spanloom.tracing.svc.cluster.local', 'spanloom.tracing.svc.cluster.local'],
  ['', null],
  ['a host', null],
  ['host:4317', null],
  ['http://host', null],
  ['host"; rm', null],
  ['-x', null],
  ['a..b', null],
  [`${'a'.repeat(254)}`, null],
])('the host %s is %s', (text, host) => {
  expect(readHost(text)).toBe(host)
})

test('ports are the server’s; where it does not tell, those that it has by itself', () => {
  const listeners = [{ protocol: 'otlp_http' as const, address: '[::]:5118', tls: true, token: true }]
  const { grpc, http, hasToken } = targetOf({
    host: 'h.example',
    listeners,
    tenant: undefined,
    hasToken: false,
    isSecure: false,
  })
  expect([urlOf(grpc), urlOf(http), hasToken]).toEqual([
    'http://h.example:4317',
    'https://h.example:5118',
    true,
  ])
})

test('loopback is told from the rest', () => {
  expect(['localhost', '127.0.0.1', '127.9.9.9', '[::1]'].map(isLoopback)).toEqual([true, true, true, true])
  expect(['0.0.0.0', '[::]', '10.0.0.1', 'localhost.example', '127.example'].map(isLoopback)).toEqual([
    false,
    false,
    false,
    false,
    false,
  ])
  const items = ['127.0.0.1:4317', '0.0.0.0:4318', '[::1]:9411'].map(address => ({
    protocol: 'api' as const,
    address,
    tls: false,
    token: false,
  }))
  expect(loopbackOnly(items).map(({ address }) => address)).toEqual(['127.0.0.1:4317', '[::1]:9411'])
})

test('objects as YAML', () => {
  const value = {
    name: 'a',
    '@type': 'type.googleapis.com/x.Y',
    on: true,
    word: 'true',
    number: '007',
    time: '1s',
    empty: {},
    list: [{ key: 'k', value: 'a b' }, [1, 2]],
  }
  expect(toYaml(value)).toBe(`name: a
"@type": type.googleapis.com/x.Y
"on": true
word: "true"
number: "007"
time: "1s"
empty: {}
list:
  - key: k
    value: "a b"
  - - 1
    - 2`)
})
