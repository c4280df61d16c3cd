import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inEnglish } from './english.ts'

const aria = join(createRequire(import.meta.url).resolve('react-aria/package.json'), '../dist/private')

test('words in other languages go, English ones and everything else stays', () => {
  expect(inEnglish(`${aria}/intl/menu/de-DE.mjs`)).toBe('export default undefined')
  expect(inEnglish('/node_modules/react-aria-components/dist/private/intl/fr-FR.mjs')).not.toBeNull()
  expect(inEnglish(`${aria}/intl/menu/en-US.mjs`)).toBeNull()
  expect(inEnglish('/src/graph/de-DE.mjs')).toBeNull()
})

test('what stands in for the look for a language has its names', async () => {
  const path = `${aria}/i18n/useDefaultLocale.mjs`
  const names = (text: string) =>
    [...text.matchAll(/(?:as|const) (\w+)(?:[,}]| = \()/g)].map(([, name]) => name).sort()
  const [, exported = ''] = /export \{(.*)\};/.exec(await readFile(path, 'utf8')) ?? []
  expect(names(`{${exported}}`)).toEqual(['getDefaultLocale', 'useDefaultLocale'])
  for (const name of names(`{${exported}}`)) expect(inEnglish(path)).toContain(`export const ${name} = `)
})
