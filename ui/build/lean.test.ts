import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { runInNewContext } from 'node:vm'
import { QueryClient } from '@tanstack/react-query'
import { expect, test } from 'vitest'
import { leaned } from './lean.ts'
import * as used from './react/index.ts'

const resolve = createRequire(import.meta.url).resolve

async function leanText(path: string): Promise<[before: string, after: string]> {
  const text = await readFile(path, 'utf8')
  return [text, leaned(path, text)]
}

/** What a module of CommonJS offers that asks for no other. */
async function namesOf(path: string): Promise<[before: string[], after: string[]]> {
  const names = (text: string) => {
    const exports = {}
    runInNewContext(text, { exports })
    return Object.keys(exports)
  }
  const [before, after] = await leanText(path)
  return [names(before), names(after)]
}

test('of React is left what is used, and less than there was', async () => {
  const [before, after] = await namesOf(
    resolve('react/package.json').replace('package.json', 'cjs/react.production.js'),
  )
  expect(Object.keys(used).filter(name => !after.includes(name))).toEqual([])
  expect(after).toEqual(expect.arrayContaining(['createContext', 'startTransition', 'use', 'useContext']))
  expect(before).toEqual(expect.arrayContaining(after))
  expect(after.length).toBeLessThan(before.length)
})

test('charts keep lines and bars, on linear scales', async () => {
  const [before, after] = await leanText(resolve('uplot').replace(/[^/]+$/, 'uPlot.esm.js'))
  const paths = (text: string) => [...text.matchAll(/\(paths\.(\w+)/g)].map(([, name]) => name)
  expect([paths(before), paths(after)]).toEqual([
    ['linear', 'stepped', 'bars', 'spline'],
    ['linear', 'bars'],
  ])
  expect(before).toMatch(/distr == 3/)
  expect(after).not.toMatch(/distr ==\s+[34]/)
})

test('a client of queries asks of its mutations no more than is left of them', async () => {
  const text = QueryClient.toString()
  const asked = new Set([...text.matchAll(/#mutationCache\.(\w+)/g)].map(([, name]) => name))
  expect([...asked].sort()).toEqual(['clear', 'findAll', 'resumePausedMutations'])
})

test('a module that nothing is known of stays as it is', () => {
  expect(leaned('/src/other.js', 'new MutationCache()')).toBe('new MutationCache()')
})
