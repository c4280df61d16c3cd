import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { bare } from './icons.ts'

test('of an icon its drawing is left, and nothing else', async () => {
  const path = createRequire(import.meta.url)
    .resolve('lucide-react/package.json')
    .replace('package.json', '')
  const module = await readFile(`${path}dist/esm/icons/arrow-up.mjs`, 'utf8')
  const drawn = (text: string) => [...text.matchAll(/\bd: "[^"]+"/g)].map(([d]) => d)
  expect(drawn(module).length).toBeGreaterThan(1)
  expect(drawn(bare(module))).toEqual(drawn(module))
  expect(bare(module)).not.toMatch(/key:|name:|size:/)
  expect(bare(module)).toContain('createLucideIcon(__iconData)')
})
